"""The console in a real browser: nothing for axe to find, nothing wider than a phone, and all of it without scripts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from fairgate.accounts.models import User
from fairgate.checkin import grants
from fairgate.checkin.actions import create_list
from fairgate.checkin.models import GateGrant
from fairgate.console.tests.test_access import NAMES, TABLE, arguments_of
from fairgate.events.models import Event, EventState, TicketType
from fairgate.organizers.models import Organizer
from fairgate.outbox.models import OutboxMessage
from fairgate.stock.models import Quota
from fairgate.stock.seating import add_seated_quota
from fairgate.testing.browser import chromium
from fairgate.testing.cast import Concert, buy, hold, make_stalls
from fairgate.testing.waiting import free_port

LONG = "Internationale Donaudampfschifffahrtsgesellschaftskapitänsversammlung"


@pytest.fixture
def site(transactional_db: None) -> Iterator[str]:
    """All of Django on a port. Its threads see the database only as it was committed."""
    server = make_server("127.0.0.1", free_port(), get_wsgi_application(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, and Django would not speak to the database beside one.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with chromium() as browser:
        yield browser


@pytest.fixture
def addresses(riverside: Organizer, concert: Concert, olga: User, gail: User) -> list[str]:
    """Every page that answers a GET, each with something to show, and the longest words."""
    Event.objects.update(title=LONG)
    order = buy((concert.standard, 2), (concert.free, 1), name=LONG)
    buy((concert.free, 1))
    OutboxMessage.objects.update(parked_at="2031-01-01T00:00Z")
    Event.objects.create(organizer=riverside, slug="draft", title=LONG, time_zone="UTC", currency="EUR")
    hold((concert.free, 5))
    grants.issue(gail, riverside, LONG)
    gate_list = create_list(concert.event, name=LONG, session=None, ticket_types=[concert.free], by=olga)
    objects = {
        "organizer": "riverside",
        "event": "concert",
        "session": concert.session.pk,
        "ticket_type": concert.standard.pk,
        "quota": make_stalls(concert).draws.get().quota_id,
        "check_in_list": gate_list.pk,
        "code": order.code,
        "reference": order.tickets.all()[0].reference,
    }
    pages = [
        reverse(f"console:{name}", kwargs={part: objects[part] for part in arguments_of(name)})
        for name in NAMES
        if TABLE[name].get == 200
    ]
    asked = f"/console/riverside/orders/{order.code}/cancellation/?all=1"
    unseated = f"/console/riverside/events/concert/quotas/{concert.quota.pk}/"
    return [*pages, asked, unseated, "/console/riverside/events/draft/", "/console/riverside/orders/?q=nobody"]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1440, "light")])
def test_every_page_fits_and_leaves_axe_nothing(
    width: int, scheme: Any, browser: Browser, site: str, addresses: list[str], olga: User
) -> None:
    page = page_of(olga, browser, site, viewport={"width": width, "height": 900}, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    findings = {}
    for address in addresses:
        page.goto(site + address)
        found = [violation["id"] for violation in Axe().run(page).response["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append("wider than the screen")
        if found:
            findings[address] = found

    assert findings == {}
    assert complaints == []


@pytest.mark.parametrize("width", [320, 1440])
def test_a_key_is_shown_and_copied(width: int, browser: Browser, site: str, addresses: list[str], olga: User) -> None:
    viewport: Any = {"width": width, "height": 900}
    page = page_of(olga, browser, site, viewport=viewport, permissions=["clipboard-read", "clipboard-write"])

    page.goto(f"{site}/console/riverside/gate/")
    page.get_by_label("Name of the app or scanner").fill(LONG)
    page.get_by_role("button", name="Make a key").click()
    page.get_by_role("button", name="Copy the key").click()
    page.get_by_role("button", name="Copied").wait_for()

    key = page.evaluate("navigator.clipboard.readText()")
    grant = GateGrant.objects.get(user=olga)
    assert key.startswith(f"{grant.pk}.")
    assert page.get_by_text(key, exact=True).is_visible()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_an_event_with_two_ticket_types_goes_on_sale_without_scripts(
    browser: Browser, site: str, olga: User, riverside: Organizer
) -> None:
    page = page_of(olga, browser, site, java_script_enabled=False, viewport={"width": 390, "height": 900})

    page.goto(f"{site}/console/")
    page.get_by_role("link", name="Create an event").click()
    page.get_by_label("Title").fill("Summer fair")
    page.get_by_label("Starts").fill("2031-06-14T19:30")
    page.get_by_label("Price with tax").fill("999")
    page.get_by_role("button", name="Create the event").click()
    page.get_by_role("link", name="Add a ticket type").click()
    page.get_by_label("Name").fill("Child")
    page.get_by_role("button", name="Add the ticket type").click()
    page.get_by_role("button", name="Put it on sale").click()

    event = Event.objects.get()
    assert page.get_by_role("status").inner_text() == "Your event is on sale."
    assert event.state == EventState.PUBLISHED
    assert [(kind.name, kind.price) for kind in event.ticket_types.order_by("position")] == [
        ("Standard", 999_00),
        ("Child", 0),
    ]
    assert {draw.quota for kind in event.ticket_types.all() for draw in kind.draws.all()} == {event.quotas.get()}


def test_chosen_tickets_are_canceled_without_scripts(browser: Browser, site: str, olga: User, concert: Concert) -> None:
    order = buy((concert.standard, 3))
    page = page_of(olga, browser, site, java_script_enabled=False)

    page.goto(f"{site}/console/riverside/orders/{order.code}/")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Cancel chosen tickets").click()
    page.get_by_label("Reason").fill("asked by phone")
    page.get_by_role("button", name="Cancel 1 ticket").click()

    concert.quota.refresh_from_db()
    assert page.get_by_role("status").inner_text() == "1 ticket is canceled; its place is on sale again."
    assert concert.quota.taken == 2


def test_seats_are_typed_and_blocked_by_keyboard_without_scripts(
    browser: Browser, site: str, olga: User, concert: Concert
) -> None:
    page = page_of(olga, browser, site, java_script_enabled=False, viewport={"width": 390, "height": 900})

    page.goto(f"{site}/console/riverside/events/concert/quotas/")
    page.get_by_label("A number of places").press("ArrowDown")
    page.get_by_label("Rows and seats").fill("Stalls; A-B; 1-3 | 4-6")
    page.get_by_role("button", name="Add the places").press("Enter")
    page.get_by_role("group", name="Row A").get_by_label("2", exact=True).press("Space")
    page.get_by_role("group", name="Row B").get_by_label("Whole row").press("Space")
    page.get_by_role("button", name="Block").press("Enter")

    said = page.locator(".notice").inner_text()
    quota = Quota.objects.get(is_seated=True)
    assert (said, quota.capacity) == ("7 seats are blocked.", 5)
    assert page.locator("[data-plan] .blocked").count() == 7


@pytest.mark.parametrize("width", [390, 1440])
def test_a_click_in_the_plan_chooses_the_seat(
    width: int, browser: Browser, site: str, olga: User, stalls: TicketType
) -> None:
    hold((stalls, 2))
    quota = stalls.draws.get().quota
    page = page_of(olga, browser, site, viewport={"width": width, "height": 900})
    page.goto(f"{site}/console/riverside/events/concert/quotas/{quota.pk}/")
    drawn = page.locator("[data-plan] rect")

    for number in (0, 3, 1, 0):
        drawn.nth(number).click(force=True)
    chosen = [drawn.nth(number).evaluate("seat => seat.classList.contains('chosen')") for number in range(4)]
    page.get_by_role("group", name="Row C").get_by_label("Whole row").check()
    page.get_by_role("group", name="Row C").get_by_label("10", exact=True).uncheck()
    told = page.locator("[data-chosen]").inner_text()
    page.get_by_role("button", name="Block").click()
    page.locator(".notice").wait_for()

    assert chosen == [False, True, False, False]
    assert (told, page.locator(".notice").inner_text()) == ("10 seats chosen", "10 seats are blocked.")
    names = [seat.row + seat.number for seat in quota.seats.filter(is_blocked=True).order_by("rank", "place")]
    assert names == ["A2", *(f"C{number}" for number in range(1, 10))]


def test_a_hall_of_a_thousand_is_blocked_at_once(browser: Browser, site: str, olga: User, concert: Concert) -> None:
    """More boxes than a server reads fields."""
    hall = add_seated_quota(concert.session, name="Hall", layout="; 1-25; 1-40", by=olga)
    page = page_of(olga, browser, site, viewport={"width": 1440, "height": 900})
    page.goto(f"{site}/console/riverside/events/concert/quotas/{hall.pk}/")

    page.get_by_text("25 rows").click()
    for whole in page.get_by_label("Whole row").all():
        whole.check()
    page.get_by_role("button", name="Block").click()

    page.get_by_text("1,000 seats are blocked.").wait_for()
    assert not hall.seats.filter(is_blocked=False).exists()


def page_of(user: User, browser: Browser, site: str, **options: Any) -> Page:
    """A page on which the person is signed in already."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context = browser.new_context(**options)
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
    return context.new_page()
