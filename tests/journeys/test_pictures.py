"""A photo of several megabytes, from Olga's desk to the page on Ben's phone, through the door."""

from __future__ import annotations

import re
from random import Random

from playwright.sync_api import Page, expect

from fairgate.testing.s3 import drawn
from tests.journeys.conftest import Visit
from tests.olga import Member

MEGABYTE = 1024 * 1024
# What a camera leaves behind its picture.
PHOTO = drawn(3000, 2000, quality=95) + Random(1).randbytes(2 * MEGABYTE)
TOO_LARGE = PHOTO + bytes(8 * MEGABYTE)


def test_a_photo_is_chosen_and_seen_by_everybody(visit: Visit, olga: Member) -> None:
    event = olga.put_on_sale(places=10)
    desk = visit(f"/console/riverside/events/{event.slug}/", signed_in=olga)

    desk.get_by_role("link", name="Add a picture").click()
    give(desk, TOO_LARGE)
    expect(desk.get_by_role("alert")).to_contain_text("larger than 8 MB")
    give(desk, PHOTO)
    expect(desk.get_by_role("alert")).to_have_count(0)
    desk.get_by_label("What it shows").fill("The hall, half of it white")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("status").or_(desk.locator(".notice.good"))).to_contain_text("Saved.")

    ben = visit(event.page, device_scale_factor=2)
    hall = ben.get_by_role("img", name="The hall, half of it white")
    expect(hall).to_have_js_property("complete", True)
    expect(hall).not_to_have_js_property("naturalWidth", 0)
    assert str(hall.evaluate("image => image.currentSrc")).endswith("/800.webp")


def give(desk: Page, content: bytes) -> None:
    desk.get_by_label(re.compile("picture", re.IGNORECASE)).set_input_files(
        {"name": "hall.jpg", "mimeType": "image/jpeg", "buffer": content}
    )
