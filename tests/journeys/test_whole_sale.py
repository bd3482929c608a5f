"""From an empty desk to the open door: the main story, in a browser, with every part real."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from fairgate.testing.waiting import wait_until
from tests.asking import Client
from tests.ben import hold
from tests.installed import NO_DIFFERENCES, Installed
from tests.journeys.conftest import Visit
from tests.journeys.people import (
    DESK,
    choose,
    fill_in,
    gate_says,
    get_tickets,
    order_code,
    picture,
    place_order,
    sign_in,
)  # fmt: skip
from tests.journeys.tickets import codes
from tests.olga import GATE, OWNER, OnSale

PLACES = 13


def test_from_an_empty_desk_to_the_open_door(installed: Installed, visit: Visit) -> None:
    olga = visit("/accounts/login/?next=/console/", viewport=DESK)
    sign_in(olga, OWNER)
    event = _put_on_sale(olga)

    ben = visit(event)
    code = _buy_three(ben)
    _mark_as_paid(olga, code)
    mailed = codes(installed.mail_to("ben.phone@example.org", "Payment received"))
    assert len(mailed) == 3
    _see_the_tickets(ben)

    gail = visit("/console/gate/")
    _open_gate(gail)
    _let_in(gail, mailed[0])

    _cancel_one(installed, olga, code, event)
    _refuse_canceled(gail, installed.value(_CANCELED, code))
    assert installed.audit() == NO_DIFFERENCES


_CANCELED = """
SELECT t.reference FROM orders_ticket t JOIN orders_cancellation c ON c.ticket_id = t.id
  JOIN orders_order o ON o.id = t.order_id WHERE o.code = %s
"""


def _put_on_sale(olga: Page) -> str:
    """Two ticket types that share one number of places; its public address."""
    olga.goto("/console/riverside/events/")
    olga.get_by_role("link", name="New event").first.click()
    olga.get_by_label("Title").fill("Lights on the river")
    olga.get_by_label("Place", exact=False).first.fill("Riverside Hall")
    olga.get_by_label("Starts").fill("2031-06-14T19:30")
    olga.get_by_label("Ticket name").fill("Standard")
    olga.get_by_label("How many places").fill(str(PLACES))
    olga.get_by_label("Price with tax").fill("999")
    olga.get_by_label("Tax included, in percent").fill("18")
    olga.get_by_role("button", name="Create the event").click()

    olga.get_by_role("link", name="Add a ticket type").click()
    olga.get_by_label("Name", exact=True).fill("Student")
    olga.get_by_label("Description").fill("With a card of your school")
    olga.get_by_label("Price with tax").fill("499")
    places = olga.get_by_role("checkbox", name=re.compile(rf"\({PLACES}\)"))
    places.check()
    olga.get_by_role("button", name="Add the ticket type").click()

    olga.get_by_role("button", name="Put it on sale").click()
    page = olga.get_by_role("link", name="See its page").get_attribute("href")
    assert page
    return page.removeprefix(olga.url.partition("/console/")[0])


def _buy_three(ben: Page) -> str:
    expect(ben.get_by_role("heading", level=1)).to_have_text("Lights on the river")
    choose(ben, "Standard", 2)
    choose(ben, "Student", 1)
    expect(get_tickets(ben)).to_have_text("Get 3 tickets · ₹2,497")
    picture(ben, "event-phone")
    get_tickets(ben).click()

    ben.wait_for_url("**/checkout/**")
    expect(ben.locator("[data-countdown]").first).to_contain_text("until")
    fill_in(ben, email="ben.phone@example.org")
    ben.get_by_label(re.compile("Ticket 2")).fill("Carla Companion")
    picture(ben, "checkout-phone")
    place_order(ben)

    expect(ben.get_by_role("heading", level=1)).to_contain_text("Pay by")
    return order_code(ben)


def _mark_as_paid(olga: Page, code: str) -> None:
    olga.goto("/console/riverside/")
    picture(olga, "console")
    olga.goto("/console/riverside/orders/")
    picture(olga, "console-orders")
    olga.get_by_label("Code, email or name").fill("ben.phone")
    olga.get_by_role("button", name="Search").click()
    olga.get_by_role("link", name=code).click()
    olga.get_by_text("Mark as paid", exact=True).click()
    olga.get_by_role("button", name="Yes, mark as paid").click()
    expect(olga.get_by_role("button", name="Mail the tickets again")).to_be_visible()
    picture(olga, "console-order")


def _see_the_tickets(ben: Page) -> None:
    ben.reload()
    expect(ben.get_by_role("heading", level=1)).to_have_text("You're in")
    picture(ben, "order-phone")


def _open_gate(gail: Page) -> None:
    sign_in(gail, GATE)
    gail.get_by_label("Where you stand").fill("Main entrance")
    gail.get_by_role("button", name="Open the gate for Riverside Hall").click()
    gail.wait_for_url("**/gate/")
    gail.get_by_role("link", name="Lights on the river").click()


def _let_in(gail: Page, code: str) -> None:
    expect(gail.get_by_role("heading", name="Ready")).to_be_visible()
    gail.get_by_label("Code").fill(code)
    gail.get_by_label("Code").press("Enter")
    gate_says(gail, "Welcome")
    expect(gail.get_by_label("Code")).to_be_focused()
    expect(gail.get_by_label("Code")).to_have_value("")
    picture(gail, "gate-admitted")

    # A scanner that behaves like a keyboard: no click in between.
    gail.keyboard.type(code)
    gail.keyboard.press("Enter")
    gate_says(gail, "Already inside")
    expect(gail.locator("[data-verdict]")).to_contain_text("Main entrance")
    picture(gail, "gate-already")


def _cancel_one(installed: Installed, olga: Page, code: str, event: str) -> None:
    """What was sold out is on sale again within a second, also for those whom the door answers from its cache."""
    with Client(installed.port) as others:
        shown = f"/api/v1/shop{event.rstrip('/')}"
        standard = OnSale(event.split("/")[2], others.get(shown).json["ticket_types"][0]["id"])
        assert hold(others, standard, PLACES - 3).status == 201
        wait_until(lambda: _left(others, shown) == {"none"})

        olga.goto(f"/console/riverside/orders/{code}/")
        olga.get_by_role("checkbox", name=re.compile("Carla Companion")).check()
        olga.get_by_role("button", name="Cancel chosen tickets").click()
        expect(olga.get_by_role("heading", level=1)).to_have_text("Cancel 1 ticket?")
        olga.get_by_role("button", name="Cancel 1 ticket").click()
        expect(olga.locator("li").filter(has_text="Carla Companion")).to_contain_text("Canceled")

        wait_until(lambda: _left(others, shown) == {"few"}, 1.1, "the place is not on sale again")
        assert hold(others, standard).status == 201


def _left(client: Client, shown: str) -> set[str]:
    return {ticket_type["available"] for ticket_type in client.get(shown).json["ticket_types"]}


def _refuse_canceled(gail: Page, reference: str) -> None:
    gail.get_by_label("Code").fill(reference)
    gail.get_by_role("button", name="Check").click()
    gate_says(gail, "Canceled")
