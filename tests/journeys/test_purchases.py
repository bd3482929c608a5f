"""Other ways through a purchase: without scripts, without a mouse, impatient, too late."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from fairgate.testing.waiting import wait_until
from tests.asking import Client
from tests.ben import hold
from tests.installed import Installed
from tests.journeys.conftest import Visit
from tests.journeys.people import choose, fill_in, get_tickets, place_order, sold, tab_to
from tests.journeys.tickets import codes
from tests.olga import Member, OnSale


@pytest.fixture
def event(olga: Member) -> OnSale:
    return olga.put_on_sale(places=20)


def test_without_scripts(installed: Installed, event: OnSale, visit: Visit) -> None:
    ben = visit(event.page, java_script_enabled=False)
    email = _new_email()

    ben.get_by_role("spinbutton", name="Number of Entry").fill("3")
    get_tickets(ben).click()
    fill_in(ben, email=email)
    place_order(ben)

    expect(ben.get_by_role("heading", level=1)).to_have_text("You're in")
    assert len(codes(installed.mail_to(email))) == 3
    assert sold(installed, event) == (1, 3)


def test_a_refusal_without_scripts_keeps_what_was_typed(event: OnSale, visit: Visit) -> None:
    ben = visit(event.page, java_script_enabled=False)

    ben.get_by_role("spinbutton", name="Number of Entry").fill("0")
    get_tickets(ben).click()
    expect(ben.get_by_text("Choose at least one ticket")).to_be_visible()
    ben.get_by_role("spinbutton", name="Number of Entry").fill("2")
    get_tickets(ben).click()
    fill_in(ben, email="nobody")
    # The browser's own check would speak first.
    ben.locator("form").first.evaluate("form => form.noValidate = true")
    ben.get_by_role("button", name=re.compile("Get my free")).click()

    expect(ben.get_by_role("alert")).to_contain_text("to correct")
    expect(ben.get_by_label("Your name")).to_have_value("Ben Buyer")
    expect(ben.get_by_label("Email")).to_have_value("nobody")


def test_without_a_mouse(installed: Installed, event: OnSale, visit: Visit) -> None:
    ben = visit(event.page)
    email = _new_email()

    tab_to(ben, "One more: Entry")
    ben.keyboard.press("Enter")
    ben.keyboard.press("Space")
    tab_to(ben, "Get 3 tickets · Free")
    ben.keyboard.press("Enter")
    ben.wait_for_url("**/checkout/**")
    tab_to(ben, "Your name")
    ben.keyboard.type("Ben Buyer")
    ben.keyboard.press("Tab")
    ben.keyboard.type(email)
    tab_to(ben, "Get my free tickets")
    ben.keyboard.press("Enter")
    ben.wait_for_url("**/orders/**")

    expect(ben.get_by_role("heading", level=1)).to_have_text("You're in")
    assert sold(installed, event) == (1, 3)


def test_a_double_click_is_one_hold_and_one_order(installed: Installed, event: OnSale, visit: Visit) -> None:
    ben = visit(event.page)

    choose(ben, "Entry", 2)
    get_tickets(ben).dblclick()
    ben.wait_for_url("**/checkout/**")
    fill_in(ben)
    ben.get_by_role("button", name=re.compile("Get my free")).dblclick()
    ben.wait_for_url("**/orders/**")

    assert sold(installed, event) == (1, 2)
    assert installed.value(_TAKEN, event.slug) == 2


def test_going_back_and_reloading_is_one_order(installed: Installed, event: OnSale, visit: Visit) -> None:
    ben = visit(event.page)

    choose(ben, "Entry", 1)
    get_tickets(ben).click()
    ben.wait_for_url("**/checkout/**")
    checkout = ben.url
    ben.go_back()
    get_tickets(ben).click()
    ben.wait_for_url("**/checkout/**")
    assert ben.url == checkout
    ben.reload()
    fill_in(ben)
    place_order(ben)
    order = ben.url
    ben.reload()
    ben.go_back()
    ben.wait_for_url("**/orders/**")

    assert ben.url == order
    assert sold(installed, event) == (1, 1)
    assert installed.value(_TAKEN, event.slug) == 1


def test_going_back_and_choosing_again_gives_the_first_places_back(
    installed: Installed, event: OnSale, visit: Visit
) -> None:
    ben = visit(event.page)

    choose(ben, "Entry", 2)
    get_tickets(ben).click()
    ben.wait_for_url("**/checkout/**")
    ben.go_back()
    choose(ben, "Entry", 3)
    get_tickets(ben).click()
    ben.wait_for_url("**/checkout/**")

    expect(ben.locator(".strip")).to_contain_text("3 × Entry")  # noqa: RUF001
    assert installed.value(_TAKEN, event.slug) == 3


def test_who_comes_back_too_late_is_told_what_to_do(installed: Installed, event: OnSale, visit: Visit) -> None:
    ben = visit(event.page)
    choose(ben, "Entry", 2)
    get_tickets(ben).click()
    ben.wait_for_url("**/checkout/**")
    fill_in(ben)

    _let_holds_expire(installed, event)
    ben.get_by_role("button", name=re.compile("Get my free")).click()

    expect(ben.get_by_role("heading", level=1)).to_have_text("Your places went back on sale")
    wait_until(lambda: installed.value(_TAKEN, event.slug) == 0, 2, "the places did not come back")
    ben.get_by_role("link", name="Choose tickets again").click()
    choose(ben, "Entry", 1)
    get_tickets(ben).click()
    fill_in(ben)
    place_order(ben)
    assert sold(installed, event) == (1, 1)


def test_who_gives_places_back_is_thanked_and_the_places_are_free(
    installed: Installed, event: OnSale, visit: Visit
) -> None:
    ben = visit(event.page)
    choose(ben, "Entry", 2)
    get_tickets(ben).click()
    ben.wait_for_url("**/checkout/**")

    ben.get_by_role("button", name="Give these places back").click()

    expect(ben.get_by_role("heading", level=1)).to_be_visible()
    assert installed.value(_TAKEN, event.slug) == 0


def test_sold_out_while_choosing(installed: Installed, event: OnSale, visit: Visit) -> None:
    ben = visit(event.page)
    choose(ben, "Entry", 4)
    with Client(installed.port) as others:
        assert [hold(others, event, quantity).status for quantity in (10, 8)] == [201, 201]

    get_tickets(ben).click()

    expect(ben.get_by_role("alert")).to_contain_text("There are fewer left than you asked for")
    expect(ben.get_by_text("Only 2 left.")).to_be_visible()
    expect(ben.get_by_role("spinbutton", name="Number of Entry")).to_have_value("4")
    ben.get_by_role("spinbutton", name="Number of Entry").fill("2")
    get_tickets(ben).click()
    ben.wait_for_url("**/checkout/**")


def test_the_page_of_a_sold_out_event(visit: Visit) -> None:
    ben = visit("/riverside/soldout/")

    expect(ben.get_by_text("Sold out").first).to_be_visible()
    assert get_tickets(ben).count() == 0


_TAKEN = "SELECT sum(taken) FROM stock_quota q JOIN events_event e ON e.id = q.event_id WHERE e.slug = %s"


def _let_holds_expire(installed: Installed, event: OnSale) -> None:
    installed.run(
        "UPDATE stock_hold SET expires_at = now() FROM events_event e WHERE e.id = event_id AND e.slug = %s", event.slug
    )


def _new_email() -> str:
    return f"ben-{uuid4().hex[:12]}@example.org"
