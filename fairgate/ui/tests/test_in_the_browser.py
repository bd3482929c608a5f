import re
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route

from fairgate.ui.preview import rendered

Open = Callable[..., Page]
PAGES = dict(rendered())
HOLDS = "**/fita/python-pune/holds/"
LOOKED_AT = [
    "home",
    "home-empty",
    "organizer",
    "event",
    "event-calendar",
    "event-sold_out",
    "refused-few_left",
    "checkout-errors",
    "checkout-choice",
    "expired",
    "order-paid",
    "order-pending",
    "find-tickets-error",
    "find-tickets-sent",
    "404",
    "500",
    "account-login-error",
    "components",
    "gate-admitted",
]


@pytest.mark.parametrize("name", LOOKED_AT)
def test_page_can_be_used_by_everyone(open_page: Open, name: str) -> None:
    # Light and dark in turn: the contrast of every pair of colors is computed elsewhere.
    page = open_page(name, color_scheme=("light", "dark")[LOOKED_AT.index(name) % 2])

    violations = Axe().run(page).response["violations"]

    assert [(found["id"], node["html"]) for found in violations for node in found["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    "name", ["event", "event-sessions", "event-calendar", "checkout-errors", "order-pending", "components"]
)
def test_page_fits_the_smallest_phone(open_page: Open, name: str) -> None:
    page = open_page(name)
    page.set_viewport_size({"width": 320, "height": 568})

    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("name", ["event", "event-free"])
def test_phone_shows_date_price_and_button_without_scrolling(open_page: Open, name: str) -> None:
    page = open_page(name)
    page.set_viewport_size({"width": 390, "height": 664})

    for part in (page.locator(".glance time"), page.locator(".glance li").last, page.locator("[data-ticket-button]")):
        box = part.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 664


@pytest.mark.parametrize("name", ["event", "checkout", "order-paid", "components", "account-login"])
def test_targets_are_large_enough_for_a_thumb(open_page: Open, name: str) -> None:
    page = open_page(name)

    small = page.eval_on_selector_all(
        "button, .button, summary, .bar a, .foot a, input:not([type=hidden], [type=checkbox], [type=radio]), select",
        """all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44)
                     .map(e => e.outerHTML)""",
    )

    assert small == []


def test_button_names_the_sum(open_page: Open) -> None:
    page = open_page("event")
    button = page.locator("[data-ticket-button]")

    assert button.inner_text() == "Get tickets"
    page.get_by_label("One more: Standard").click()
    assert button.inner_text() == "Get 1 ticket · ₹999"
    page.get_by_label("One more: Standard").click()
    assert button.inner_text() == "Get 2 tickets · ₹1,998"


def test_button_without_a_choice_leads_to_the_tickets(open_page: Open) -> None:
    page = open_page("event")

    page.locator("[data-ticket-button]").click()

    assert page.evaluate("document.activeElement.name") == "quantity-1"
    assert page.url == "http://fairgate.test/event"


def test_double_click_sends_once_and_the_refusal_keeps_what_was_typed(open_page: Open) -> None:
    page = open_page("event")
    sent: list[str | None] = []
    page.route(HOLDS, lambda route: _refuse(route, sent))
    page.get_by_label("Number of Standard").fill("4")

    page.locator("[data-ticket-button]").dblclick()
    page.get_by_text("There are fewer left than you asked for").wait_for()

    assert len(sent) == 1
    assert page.get_by_label("Number of Standard").input_value() == "4"
    assert page.evaluate("document.activeElement.matches('#tickets .notice')")
    assert page.url == "http://fairgate.test/event"


def _refuse(route: Route, sent: list[str | None]) -> None:
    sent.append(route.request.post_data)
    route.fulfill(status=409, body=PAGES["refused-few_left"], content_type="text/html")


def test_same_wish_carries_the_same_key_until_the_purchase_ends(open_page: Open) -> None:
    page = open_page("event")
    keys: list[str] = []

    def keep(route: Route) -> None:
        keys.extend(parse_qs(route.request.post_data or "")["idempotency_key"])
        route.fulfill(status=200, headers={"HX-Redirect": "/checkout"})

    def wish(quantity: int) -> None:
        page.goto("http://fairgate.test/event")
        page.get_by_label("Number of Standard").fill(str(quantity))
        page.locator("[data-ticket-button]").click()
        page.wait_for_url("**/checkout")

    page.route(HOLDS, keep)
    wish(1)
    wish(1)
    wish(2)
    page.goto("http://fairgate.test/order-paid")
    wish(2)

    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (503, "Many people are asking right now"),
        (429, "Many people"),
        (500, "did not get through"),
        (None, "did not get through"),
    ],
)
def test_failure_is_said_beside_the_button(open_page: Open, answer: int | None, words: str) -> None:
    page = open_page("event")
    page.route(HOLDS, lambda route: route.fulfill(status=answer, body="busy") if answer else route.abort())
    page.get_by_label("One more: Standard").click()

    page.locator("[data-ticket-button]").click()
    page.get_by_text(words).wait_for()

    assert page.get_by_label("Number of Standard").input_value() == "1"


def test_countdown_shows_the_minutes(open_page: Open) -> None:
    page = open_page("checkout")

    assert re.fullmatch(r"1[12]:\d\d", page.locator(".strip [data-left]").inner_text())


def test_countdown_ends_without_losing_what_was_typed(open_page: Open) -> None:
    page = open_page("checkout-last-second")
    page.get_by_label("Your name").fill("Ben")

    page.locator(".strip").get_by_text("The time is over").wait_for(timeout=5000)

    assert page.get_by_label("Your name").input_value() == "Ben"


def test_zone_is_named_only_to_those_who_live_elsewhere(open_page: Open) -> None:
    assert open_page("event", timezone_id="Asia/Kolkata").get_by_text("India Time").is_hidden()
    assert open_page("event", timezone_id="Europe/Berlin").get_by_text("India Time").is_visible()


def test_page_without_scripts_has_fields_and_no_dead_buttons(open_page: Open) -> None:
    page = open_page("event", java_script_enabled=False)

    assert page.locator("[data-step]").first.is_hidden()
    assert page.get_by_label("Number of Standard").is_visible()
    assert page.locator("[data-ticket-button]").inner_text() == "Get tickets"


def test_menu_closes_with_escape(open_page: Open) -> None:
    page = open_page("components")
    page.locator(".menu summary").last.click()

    page.keyboard.press("Escape")

    assert page.get_by_text("Sign out").is_hidden()
