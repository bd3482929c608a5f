"""Every page that this version has, looked at in light and dark, on a phone and at a desk."""

from __future__ import annotations

import pytest

from tests.asking import Client
from tests.ben import Bought, buy, hold
from tests.installed import Installed
from tests.journeys.conftest import Visit
from tests.journeys.people import choose, fill_in, gate_says, get_tickets, look_at, place_order, sign_in
from tests.olga import GATE, Member, OnSale

PUBLIC = [
    "/", "/fita/", "/fita/open-day/", "/fita/python-pune/", "/riverside/theatre/", "/riverside/soldout/", "/tickets/",
    "/nothing/here/",
]  # fmt: skip
ACCOUNTS = ["/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/"]
SIGNED_IN = ["/accounts/logout/", "/accounts/password/change/", "/console/", "/console/gate/"]
TEAM = ["", "mail/", "settings/", "team/", "gate/", "events/", "new-event/", "orders/", "orders/?q=nobody&state=paid"]
EVENT = ["", "details/", "sessions/", "ticket-types/", "quotas/"]


@pytest.mark.parametrize("path", [*PUBLIC, *ACCOUNTS])
def test_page_for_everyone(visit: Visit, path: str) -> None:
    look_at(visit(path))


@pytest.mark.parametrize("path", [*SIGNED_IN, *(f"/console/riverside/{page}" for page in TEAM)])
def test_page_for_the_team(visit: Visit, olga: Member, path: str) -> None:
    look_at(visit(path, signed_in=olga))


@pytest.mark.timeout(240)
def test_pages_of_an_event_and_its_parts(visit: Visit, olga: Member, event: OnSale) -> None:
    base = f"/console/riverside/events/{event.slug}/"
    page = visit(base, signed_in=olga)
    parts = page.eval_on_selector_all(f"a[href^='{base}']", "all => all.map(a => a.getAttribute('href'))")

    for path in sorted({*(base + page for page in EVENT), *(part for part in parts if "?" not in part)}):
        page.goto(path)
        look_at(page)


def test_pages_of_a_purchase(visit: Visit, event: OnSale) -> None:
    page = visit(event.page)
    choose(page, "Entry", 2)
    get_tickets(page).click()
    page.wait_for_url("**/checkout/**")
    look_at(page)
    fill_in(page, email="ben")
    page.locator("form").first.evaluate("form => form.noValidate = true")
    page.locator("form").first.evaluate("form => form.requestSubmit()")
    page.get_by_role("alert").wait_for()
    look_at(page)
    fill_in(page)
    place_order(page)
    look_at(page)


def test_pages_of_a_refusal_and_of_places_given_back(installed: Installed, visit: Visit, event: OnSale) -> None:
    page = visit(event.page)
    choose(page, "Entry", 1)
    get_tickets(page).click()
    page.wait_for_url("**/checkout/**")
    page.get_by_role("button", name="Give these places back").click()
    page.locator("[data-new-start]").wait_for()
    look_at(page)

    page.goto(event.page)
    choose(page, "Entry", 10)
    with Client(installed.port) as others:
        assert hold(others, event, 9).status == 201
    get_tickets(page).click()
    page.get_by_role("alert").wait_for()
    look_at(page)


def test_pages_of_orders(visit: Visit, olga: Member, event: OnSale, pending: Bought, canceled: Bought) -> None:
    page = visit(pending.page, signed_in=olga)
    look_at(page)
    for path in (
        f"{pending.page}tickets/{pending.tickets[0]['reference']}/",
        canceled.page,
        f"{canceled.page}tickets/{canceled.tickets[0]['reference']}/",
        "/console/riverside/orders/",
        olga.order_page(pending.code),
        olga.order_page(pending.code) + f"tickets/{pending.tickets[0]['reference']}/",
        olga.order_page(pending.code) + "cancellation/?all=1",
        olga.order_page(canceled.code),
    ):
        page.goto(path)
        look_at(page)


def test_pages_of_the_gate(visit: Visit, pending: Bought) -> None:
    page = visit("/console/gate/")
    sign_in(page, GATE)
    look_at(page)
    page.get_by_role("button", name="Open the gate").click()
    page.wait_for_url("**/gate/")
    look_at(page)
    page.get_by_role("link").filter(has_text="Evening at a price").last.click()
    look_at(page)
    for code, word in ((pending.tickets[0]["code"], "Not paid"), ("nonsense", "Unknown code")):
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Check").click()
        gate_says(page, word)
        look_at(page)


@pytest.fixture
def event(olga: Member) -> OnSale:
    return olga.put_on_sale(places=15, title="Evening of a rather long name, as organizers like them, at the river")


@pytest.fixture
def pending(ben: Client, olga: Member) -> Bought:
    return buy(ben, olga.put_on_sale(places=5, price="1200", title="Evening at a price"), 2)


@pytest.fixture
def canceled(ben: Client, olga: Member, event: OnSale) -> Bought:
    bought = buy(ben, event)
    page = olga.order_page(bought.code)
    done = olga.submit_with_token(
        f"{page}cancellation/?all=1", ticket=bought.tickets[0]["reference"], reason="It rains"
    )
    assert done.status == 302
    return bought
