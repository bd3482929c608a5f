"""The pictures of events as everybody gets them."""

from __future__ import annotations

import io
import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from fairgate.accounts.models import User
from fairgate.events import pictures
from fairgate.files import actions
from fairgate.files.encoding import encode
from fairgate.files.models import file_name
from fairgate.lib import addresses
from fairgate.shop.views import media
from fairgate.testing.cast import Concert, make_concert
from fairgate.testing.s3 import drawn

pytestmark = pytest.mark.django_db
ENCODED = encode(io.BytesIO(drawn(2400, 1600)))
HALL = addresses.media(ENCODED.key, 800)


@pytest.fixture
def hall(concert: Concert, olga: User) -> Concert:
    """The concert, with a picture."""
    pictures.show_picture(concert.event, actions.store(ENCODED), alt="The hall", by=olga)
    return concert


def tags(page: bytes, name: str) -> list[dict[str, str]]:
    return [dict(re.findall(r'([a-z:]+)="([^"]*)"', tag)) for tag in re.findall(rf"<{name} [^>]*>", page.decode())]


def test_a_picture_is_kept_for_a_year_by_everyone(
    client: Client, hall: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get(HALL, headers={"Accept-Encoding": "gzip"})

    assert answer.content == ENCODED.files[800]
    assert {name: answer.get(name) for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options")} == {
        "Content-Type": "image/webp",
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    assert (answer.has_header("Content-Encoding"), answer.has_header("Vary"), bool(answer.cookies)) == (False,) * 3


def test_the_page_of_the_event_shows_it(client: Client, hall: Concert) -> None:
    page = client.get("/riverside/concert/").content

    (shown,) = tags(page, "img")
    assert (shown["src"], shown["alt"], shown["width"], shown["height"]) == (HALL, "The hall", "1600", "1067")
    widths = dict(piece.rsplit(" ", 1) for piece in shown["srcset"].split(", "))
    assert widths == {addresses.media(ENCODED.key, width): f"{width}w" for width in (400, 800, 1200, 1600)}
    assert {client.get(address).status_code for address in widths} == {200}
    shared = {
        tag["property"]: tag["content"] for tag in tags(page, "meta") if tag.get("property", "").startswith("og:im")
    }
    assert shared == {
        "og:image": f"http://testserver{addresses.media(ENCODED.key, 1200)}",
        "og:image:type": "image/webp",
        "og:image:width": "1200",
        "og:image:height": "800",
        "og:image:alt": "The hall",
    }


@pytest.mark.parametrize("listing", ["/", "/riverside/"])
def test_its_card_shows_it_beside_the_title(
    client: Client, hall: Concert, listing: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_concert(hall.event.organizer, slug="other")

    # The cards; of an organizer's page, the organizer.
    with django_assert_num_queries(1 if listing == "/" else 2):
        shown = tags(client.get(listing).content, "img")

    assert {(image["src"], image["alt"]) for image in shown} == {(HALL, ""), ("/cover/4f46e5/other.svg", "")}


def test_without_a_picture_nothing_is_shared(client: Client, concert: Concert) -> None:
    page = client.get("/riverside/concert/").content

    assert [image["src"] for image in tags(page, "img")] == ["/cover/4f46e5/concert.svg"]
    assert b"og:image" not in page


@pytest.mark.parametrize(
    "address",
    [
        HALL + "?x=1",
        HALL.replace("800", "801"),
        HALL.replace("800", "0800"),
        HALL.replace(".webp", ".png"),
        HALL.replace(".webp", ""),
        HALL.upper(),
        HALL + "/",
        "/media/",
        "/media/secrets/secret_key",
        "/media/../secrets/secret_key",
        "/media/%2e%2e/%2e%2e/secrets/secret_key",
        "/media/..%2f..%2fsecrets%2fsecret_key",
        f"/media/{ENCODED.key}/../{ENCODED.key}/800.webp",
        f"/media/{'0' * 32}/800.webp",
    ],
)
def test_nothing_else_is_there(client: Client, hall: Concert, address: str) -> None:
    answer = client.get(address)

    assert (answer.status_code, answer["Cache-Control"]) == (404, "private, no-store")


@pytest.mark.parametrize(
    "content", [b"", b"<script>alert(1)</script>", ENCODED.files[800][:-1], ENCODED.files[800] + b"x"]
)
def test_what_is_no_whole_picture_is_neither_shown_nor_kept(client: Client, hall: Concert, content: bytes) -> None:
    default_storage.save(file_name(ENCODED.key, 800), ContentFile(content))

    answer = client.get(HALL)

    default_storage.save(file_name(ENCODED.key, 800), ContentFile(ENCODED.files[800]))
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (503, b"", "private, no-store")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pictures_are_for_reading(client: Client, hall: Concert, method: str) -> None:
    assert getattr(Client(enforce_csrf_checks=True), method)(HALL).status_code == 405


def test_a_slow_storage_takes_two_threads_and_no_more(
    client: Client, hall: Concert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "PATIENCE_S", 0.01)
    taken = [media._turns.acquire(timeout=1) for _ in range(media.AT_A_TIME)]

    busy = client.get(HALL).status_code
    for _ in taken:
        media._turns.release()

    assert (taken, busy, client.get(HALL).status_code) == ([True, True], 503, 200)
