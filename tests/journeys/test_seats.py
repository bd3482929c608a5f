"""Numbered seats, chosen by thumb, by keyboard and without scripts; and lost to somebody who was faster.

All in the demo's theater, each test in rows of its own.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.asking import Client
from tests.ben import new_key
from tests.installed import NO_DIFFERENCES, Installed
from tests.journeys.conftest import Visit
from tests.journeys.people import (
    PHONE,
    choose,
    fill_in,
    get_tickets,
    look_at,
    order_code,
    picture,
    place_order,
    tab_to,
)  # fmt: skip
from tests.journeys.tickets import texts
from tests.olga import Member

API = "/api/v1/shop/riverside/theatre"


@pytest.fixture
def plan(ben: Client) -> str:
    session = ben.get(API).json["sessions"][0]["id"]
    return f"/riverside/theatre/seats/{session}/"


def test_seats_chosen_with_a_thumb_are_on_the_order_and_on_the_tickets(
    installed: Installed, olga: Member, visit: Visit
) -> None:
    ben = visit("/riverside/theatre/", has_touch=True, is_mobile=True)

    ben.get_by_role("link", name="Choose seats on the plan").tap()
    for number in (10, 11):
        seat(ben, f"Stalls, row E, seat {number}").tap()
    ben.get_by_label("Ticket for Stalls, row E, seat 11").select_option(label="Reduced · ₹600")
    picture(ben, "seats-phone")
    expect(get_tickets(ben)).to_have_text("Get 2 tickets · ₹1,500")
    get_tickets(ben).tap()
    ben.wait_for_url("**/checkout/**")
    expect(ben.get_by_role("complementary")).to_contain_text("Stalls, row E, seat 10")
    fill_in(ben, email="ben.thumb@example.org")
    place_order(ben)

    for number in (10, 11):
        expect(ben.locator(".pass").filter(has_text=f"Stalls, row E, seat {number}")).to_have_count(1)
    page = olga.order_page(order_code(ben))
    assert "Stalls, row E, seat 11" in olga.get(page).text
    olga.submit_with_token(f"{page}payment/", form_page=page)
    mailed = texts(installed.mail_to("ben.thumb@example.org", "Payment received"))
    assert ["Stalls, row E, seat 10" in mailed[0], "Stalls, row E, seat 11" in mailed[1]] == [True, True]
    assert ["Adult" in mailed[0], "Reduced" in mailed[1]] == [True, True]
    assert installed.audit() == NO_DIFFERENCES


def test_without_a_mouse(plan: str, visit: Visit) -> None:
    ben = visit(plan)

    tab_to(ben, re.compile("^Stalls, row A, seat"))
    for key in ("Home", "ArrowDown", "ArrowRight", "Space", "ArrowRight", "Space", "ArrowLeft"):
        ben.keyboard.press(key)
    expect(seat(ben, "Stalls, row B, seat 2")).to_be_focused()
    for number in (2, 3):
        expect(seat(ben, f"Stalls, row B, seat {number}")).to_be_checked()
    ben.keyboard.press("Space")
    expect(seat(ben, "Stalls, row B, seat 2")).not_to_be_checked()
    ben.keyboard.press("Space")
    tab_to(ben, "Get 2 tickets · ₹1,800")
    ben.keyboard.press("Enter")

    ben.wait_for_url("**/checkout/**")
    expect(ben.locator(".basket")).to_contain_text("Stalls, row B, seats 2, 3")


def test_without_scripts(plan: str, visit: Visit) -> None:
    ben = visit(plan, java_script_enabled=False)

    row = ben.get_by_role("group", name="Stalls, row G")
    for number in (7, 8, 9):
        row.get_by_role("checkbox", name=f"Seat {number}", exact=True).check()
    ben.get_by_role("spinbutton", name="Adult").fill("1")
    ben.get_by_role("spinbutton", name="Reduced").fill("1")
    ben.get_by_role("button", name="Get these seats").click()
    expect(ben.get_by_text("You chose 3 seats. Say which ticket each of them is.")).to_be_visible()
    for number, kind in ((7, "Adult · ₹900"), (8, "Reduced · ₹600"), (9, "Reduced · ₹600")):
        ben.get_by_label(f"Stalls, row G, seat {number}").select_option(label=kind)
    get_tickets(ben).click()

    expect(ben.locator(".basket")).to_contain_text("Stalls, row G, seats 8, 9")
    expect(ben.locator(".basket")).to_contain_text("Stalls, row G, seat 7")


def test_a_seat_that_is_lost_while_choosing_is_told_at_once(ben: Client, plan: str, visit: Visit) -> None:
    page = visit(plan)
    for number in (4, 5):
        seat(page, f"Balcony, row 2, seat {number}").click()

    take(ben, "Balcony, row 2, seat 4")

    expect(page.get_by_role("alert")).to_contain_text("Balcony, row 2, seat 4 has just been taken")
    expect(seat(page, "Balcony, row 2, seat 4")).to_be_disabled()
    expect(seat(page, "Balcony, row 2, seat 5")).to_be_checked()
    expect(get_tickets(page)).to_have_text("Get 1 ticket · ₹450")


def test_a_seat_that_is_lost_in_the_last_moment_is_replaced_by_one_click(ben: Client, plan: str, visit: Visit) -> None:
    page = visit(plan)
    _see_nothing_new(page)
    for number in (10, 11):
        seat(page, f"Balcony, row 3, seat {number}").click()
    take(ben, "Balcony, row 3, seat 10")

    get_tickets(page).click()

    expect(page.get_by_role("alert").first).to_contain_text("Somebody else has a seat that you chose")
    lost = page.get_by_role("group", name="Balcony, row 3, seat 10 is taken")
    expect(lost.get_by_label("Balcony, row 3, seat 9")).to_be_checked()
    look_at(page)
    expect(get_tickets(page)).to_have_text("Get 2 tickets · ₹900")
    get_tickets(page).click()
    page.wait_for_url("**/checkout/**")
    expect(page.locator(".basket")).to_contain_text("Balcony, row 3, seats 9, 11")


def test_who_goes_back_finds_the_own_seats_still_chosen(plan: str, visit: Visit) -> None:
    ben = visit(plan)
    for number in (1, 2):
        seat(ben, f"Balcony, row 4, seat {number}").click()
    get_tickets(ben).click()
    ben.wait_for_url("**/checkout/**")

    ben.go_back()
    ben.reload()
    seat(ben, "Balcony, row 4, seat 1").click()
    seat(ben, "Balcony, row 4, seat 3").click()
    get_tickets(ben).click()
    ben.wait_for_url("**/checkout/**")

    expect(ben.locator(".basket")).to_contain_text("Balcony, row 4, seats 2, 3")


def test_a_number_gets_seats_that_are_together(visit: Visit) -> None:
    ben = visit("/riverside/theatre/")

    choose(ben, "Balcony", 3)
    get_tickets(ben).click()
    ben.wait_for_url("**/checkout/**")

    expect(ben.locator(".basket")).to_contain_text(re.compile(r"Balcony, row \d, seats \d+–\d+"))  # noqa: RUF001


def test_the_plan_is_for_everyone(plan: str, visit: Visit) -> None:
    page = visit(plan)

    look_at(page)
    seat(page, "Stalls, row D, seat 10").click()
    page.get_by_text("Choose from a list").click()
    look_at(page)
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Show the whole plan").click()
    box = seat(page, "Stalls, row A, seat 20").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= PHONE["width"]


def seat(page: Page, name: str) -> Locator:
    return page.locator("[data-plan]").get_by_role("checkbox", name=f"{name},")


def take(client: Client, *names: str) -> None:
    """Somebody else is faster."""
    plans = client.get(f"{API}/seats").json["plans"]
    found: list[tuple[int, int]] = [
        (plan["ticket_types"][0], one["id"])
        for plan in plans
        for block in plan["blocks"]
        for row in block["rows"]
        for one in row["seats"]
        if one["name"] in names
    ]
    body: dict[str, Any] = {
        "items": [{"ticket_type": found[0][0], "quantity": len(found), "seats": [one for _type, one in found]}]
    }
    answer = client.post(f"{API}/holds", body, Idempotency_Key=new_key())
    assert answer.status == 201, answer.text


def _see_nothing_new(page: Page) -> None:
    """What others take comes to this page too late."""
    page.route("**/taken/", lambda route: route.fulfill(body=json.dumps({"taken": []})))
