"""The on-sale page in a browser: figures that come by themselves, and every button by keyboard and without scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from fairgate.accounts.models import User
from fairgate.console.tests.test_in_the_browser import browser, page_of, site
from fairgate.events.actions import close_event
from fairgate.events.announcements import announcement_of
from fairgate.events.models import EventState
from fairgate.lib import clock
from fairgate.outbox.models import OutboxMessage
from fairgate.stock.models import MinuteCount
from fairgate.stock.pulse import as_minute
from fairgate.testing.cast import Concert, buy, hold

__all__ = ["browser", "site"]

EVERY_MS = 3000
PAGE = "/console/riverside/events/concert/on-sale/"


def test_figures_come_by_themselves_and_what_is_open_stays_open(
    browser: Browser, site: str, olga: User, concert: Concert
) -> None:
    page = page_of(olga, browser, site, viewport={"width": 390, "height": 844})
    page.clock.install()
    page.goto(site + PAGE)
    page.get_by_text("Write a message").click()
    page.get_by_label("Message", exact=True).fill("Doors op")

    buy((concert.free, 3))
    page.clock.run_for(EVERY_MS)
    expect(page.locator(".stat", has_text="Tickets sold")).to_contain_text("3", timeout=20_000)
    MinuteCount.objects.create(event_id=concert.event.pk, minute=as_minute(clock.now()), what="busy", count=20)
    page.clock.run_for(EVERY_MS)
    expect(page.locator("[data-said]")).to_have_text("More people than the system answers", timeout=20_000)

    assert page.get_by_label("Message", exact=True).input_value() == "Doors op"


def test_nobody_is_asked_while_nobody_looks(browser: Browser, site: str, olga: User, concert: Concert) -> None:
    page = page_of(olga, browser, site)
    page.clock.install()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/now/" in request.url else None)
    page.goto(site + PAGE)

    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.clock.run_for(30_000)
    while_hidden = len(asked)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false})")
    with page.expect_response("**/now/**"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    assert (while_hidden, len(asked)) == (0, 1)


def test_who_gets_no_answer_is_told_so(browser: Browser, site: str, olga: User, concert: Concert) -> None:
    page = page_of(olga, browser, site)
    page.clock.install()
    page.goto(site + PAGE)
    page.route("**/now/**", lambda route: route.abort())
    page.clock.run_for(EVERY_MS)
    expect(page.locator("[data-stale]")).to_be_visible(timeout=20_000)

    page.unroute("**/now/**")
    page.clock.run_for(EVERY_MS)

    expect(page.locator("[data-stale]")).to_be_hidden(timeout=20_000)


def test_the_buttons_follow_what_others_did(browser: Browser, site: str, olga: User, concert: Concert) -> None:
    page = page_of(olga, browser, site)
    page.clock.install()
    page.goto(site + PAGE)

    close_event(concert.event, by=olga)
    page.clock.run_for(EVERY_MS)

    expect(page.get_by_text("Resume the sale").first).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_buttons_of_the_day_by_keyboard(
    scripts: bool, browser: Browser, site: str, olga: User, concert: Concert
) -> None:
    page = page_of(olga, browser, site, java_script_enabled=scripts, viewport={"width": 390, "height": 844})
    page.goto(site + PAGE)

    open_by_keyboard(page, "Write a message")
    page.get_by_label("Message", exact=True).press_sequentially("Doors open at 18:00")
    press(page, "Show it to everyone")
    said = page.get_by_role("status").filter(has_text="message").inner_text()
    open_by_keyboard(page, "Hall: change 100")
    page.get_by_label("Places from now on").fill("90")
    press(page, "Set the number")
    open_by_keyboard(page, "Pause the sale")
    press(page, "Pause the sale")

    concert.event.refresh_from_db()
    concert.quota.refresh_from_db()
    assert said == "The event page shows your message."
    assert (announcement_of(concert.event), concert.quota.capacity) == ("Doors open at 18:00", 90)
    assert concert.event.state == EventState.CLOSED
    assert page.get_by_text("The sale is paused", exact=True).is_visible()


@pytest.mark.parametrize(
    ("state", "width", "scheme"),
    [("tables", 320, "light"), ("rush", 390, "dark"), ("paused", 1280, "light"), ("sold_out", 390, "light")],
)
def test_each_state_fits_and_leaves_axe_nothing(
    state: str, width: int, scheme: Any, browser: Browser, site: str, olga: User, concert: Concert
) -> None:
    bring_about(state, concert, olga)
    page = page_of(olga, browser, site, viewport={"width": width, "height": 844}, color_scheme=scheme)

    page.goto(f"{site}{PAGE}?minutes=60&view={'table' if state == 'tables' else 'chart'}")

    found = [violation["id"] for violation in Axe().run(page).response["violations"]]
    assert found == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_the_operators_page_fits_and_comes_by_itself(
    width: int, scheme: Any, browser: Browser, site: str, concert: Concert
) -> None:
    operator = User.objects.create_superuser("ope@example.org", "a long password")
    buy((concert.free, 1))
    OutboxMessage.objects.update(parked_at=clock.now(), last_error="smtplib.SMTPAuthenticationError at fairgate/x.py:1")
    page = page_of(operator, browser, site, viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.clock.install()
    page.goto(f"{site}/admin/now/")
    found = [violation["id"] for violation in Axe().run(page).response["violations"]]
    is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")

    OutboxMessage.objects.update(parked_at=None, created_at=clock.now() - timedelta(minutes=9), attempts=2)
    page.clock.run_for(EVERY_MS)

    expect(page.locator("[data-said]")).to_have_text("No mail goes out", timeout=20_000)
    assert (found, is_wide) == ([], False)


def bring_about(state: str, concert: Concert, olga: User) -> None:
    """The page of a quiet sale is among all pages in test_in_the_browser."""
    for _ in range(4):
        buy((concert.free, 10))
    hold((concert.free, 10))
    if state == "paused":
        close_event(concert.event, by=olga)
    if state == "sold_out":
        for _ in range(5):
            hold((concert.free, 10))
    now = as_minute(clock.now())
    MinuteCount.objects.bulk_create(
        MinuteCount(event_id=concert.event.pk, minute=now - ago, what=what, count=count * (60 - ago))
        for ago in range(60)
        for what, count in {"sold-out": 9, "limit": 2, "busy": 1, "ms-250": 20, "ms-2500": 3, "views": 40}.items()
    )


def open_by_keyboard(page: Page, summary: str) -> None:
    page.locator("summary", has_text=summary).press("Enter")


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).press("Enter")
