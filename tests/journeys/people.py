"""What people do and see in a browser, in the words of the pages."""

from __future__ import annotations

import os
import re
from io import BytesIO
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.installed import Installed
from tests.olga import PASSWORD, OnSale

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
SMALLEST: ViewportSize = {"width": 320, "height": 568}

# `make pictures` lets the journeys fill the folder of the guide's pictures.
PICTURES = os.environ.get("JOURNEY_PICTURES", "")
SCALE = 2 if PICTURES else 1
COLORS = 128


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/**")


def choose(page: Page, ticket: str, quantity: int) -> None:
    """By the plus beside the number, wherever it stands."""
    number = page.get_by_role("spinbutton", name=f"Number of {ticket}", exact=True)
    while int(number.input_value()) < quantity:
        page.get_by_role("button", name=f"One more: {ticket}", exact=True).click()


def get_tickets(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile(r"^Get (\d+ )?tickets?"))


def fill_in(page: Page, *, name: str = "Ben Buyer", email: str = "ben@example.org") -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Email").fill(email)


def place_order(page: Page) -> None:
    page.get_by_role("button", name=re.compile(r"^(Place order|Get my free)")).click()
    page.wait_for_url("**/orders/**")


def order_code(page: Page) -> str:
    found = re.search(r"/orders/([^/]+)/", page.url)
    assert found, page.url
    return found[1]


def gate_says(page: Page, word: str) -> None:
    expect(page.locator("[data-verdict]").get_by_role("heading")).to_have_text(word)


def tab_to(page: Page, name: str | re.Pattern[str]) -> None:
    """Only what the Tab key reaches, and what shows that it was reached."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if name.match(focused) if isinstance(name, re.Pattern) else name == focused:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"the keyboard does not reach {name}")


_FOCUSED = """() => {
  const e = document.activeElement;
  return e.getAttribute("aria-label") || (e.labels && e.labels.length ? e.labels[0].textContent : e.textContent).trim();
}"""


def look_at(page: Page) -> None:
    """Usable by everyone, by hand in daylight and at a desk in the dark; and never scrolled sideways."""
    before = page.viewport_size or PHONE
    found = []
    for colors, size in (("light", PHONE), ("dark", DESK)):
        page.emulate_media(color_scheme=colors)
        page.set_viewport_size(size)
        found += [
            (colors, size["width"], violation["id"], node["html"])
            for violation in Axe().run(page).response["violations"]
            for node in violation["nodes"]
        ]
    page.set_viewport_size(SMALLEST)
    width = page.evaluate("document.documentElement.scrollWidth")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)
    assert found == [], page.url
    assert width <= SMALLEST["width"], f"{page.url} is {width} wide"


def picture(page: Page, name: str) -> None:
    """For the guide; few colors keep it small."""
    if not PICTURES:
        return
    page.mouse.move(0, 0)
    shot = Image.open(BytesIO(page.screenshot(animations="disabled")))
    folder = Path(PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    shot.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)


def sold(installed: Installed, event: OnSale) -> tuple[int, int]:
    """Orders and tickets."""
    ((orders, tickets),) = installed.rows(
        """
        SELECT count(DISTINCT o.id), count(t.id) FROM events_event e JOIN orders_order o ON o.event_id = e.id
          JOIN orders_ticket t ON t.order_id = o.id WHERE e.slug = %s
        """,
        event.slug,
    )
    return orders, tickets
