from __future__ import annotations

import gzip
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.lib import clock
from fairgate.stock.models import Draw
from fairgate.testing.cast import Concert, hold, make_concert

pytestmark = pytest.mark.django_db


def test_event_page_is_the_same_for_everyone_and_may_be_kept(client: Client, concert: Concert) -> None:
    page = client.get("/riverside/concert/")

    assert page.status_code == 200
    assert (page["Cache-Control"], page["Vary"], bool(page.cookies)) == ("public, max-age=1", "Accept-Encoding", False)
    assert b"The Concert" in page.content


def test_what_is_the_same_for_all_is_compressed_for_who_can_read_it(client: Client, concert: Concert) -> None:
    for address in ("/riverside/concert/", "/api/v1/shop/riverside/concert", "/static/ui/base.css"):
        whole = client.get(address)
        short = client.get(address, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})

        assert (whole.has_header("Content-Encoding"), short["Content-Encoding"]) == (False, "gzip")
        assert gzip.decompress(short.getvalue()) == whole.getvalue()
        assert whole["Vary"] == short["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("address", ["/tickets/", "/accounts/login/"])
def test_what_knows_its_visitor_is_not_compressed(client: Client, address: str) -> None:
    page = client.get(address, headers={"Accept-Encoding": "gzip"})

    assert (page.status_code, page.has_header("Content-Encoding")) == (200, False)
    assert len(page.content) > 1000


def test_event_page_asks_three_statements_for_one_ticket_type_or_fifty(
    client: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # The event with its organizer; its sessions; its ticket types with what is left.
    with django_assert_num_queries(3):
        client.get("/riverside/concert/")
    for number in range(50):
        ticket_type = TicketType.objects.create(event=concert.event, session=concert.session, name=f"T{number}")
        Draw.objects.create(ticket_type=ticket_type, quota=concert.quota)
    with django_assert_num_queries(3):
        client.get("/riverside/concert/")


def test_draft_has_no_page(client: Client, concert: Concert) -> None:
    Event.objects.update(state=EventState.DRAFT)

    assert client.get("/riverside/concert/").status_code == 404
    assert client.get("/api/v1/shop/riverside/concert").status_code == 404


def sold_out(concert: Concert) -> None:
    for _ in range(10):
        hold((concert.free, 10))


def closed(concert: Concert) -> None:
    Event.objects.update(state=EventState.CLOSED)


def over(concert: Concert) -> None:
    past = clock.now() - timedelta(days=1)
    Session.objects.update(starts_at=past - timedelta(hours=2), ends_at=past)


def not_yet(concert: Concert) -> None:
    TicketType.objects.update(sale_starts_at=clock.now() + timedelta(days=2))


def sale_ended(concert: Concert) -> None:
    TicketType.objects.update(sale_ends_at=clock.now() - timedelta(minutes=1))


def without_tickets(concert: Concert) -> None:
    TicketType.objects.update(is_active=False)


@pytest.mark.parametrize("state", [sold_out, closed, over, not_yet, sale_ended, without_tickets])
def test_every_state_of_a_sale_has_its_page(client: Client, concert: Concert, state: Any) -> None:
    state(concert)

    page = client.get("/riverside/concert/")

    assert page.status_code == 200
    assert b"data-ticket-button" not in page.content or state is without_tickets


@pytest.mark.parametrize("state", [sold_out, closed, over, not_yet, sale_ended])
def test_api_says_none_when_nothing_can_be_bought(client: Client, concert: Concert, state: Any) -> None:
    state(concert)

    shown = client.get("/api/v1/shop/riverside/concert").json()["ticket_types"]

    assert {ticket_type["available"] for ticket_type in shown} == {"none"}


def test_lists_ask_as_much_for_one_event_as_for_twenty(client: Client, concert: Concert) -> None:
    counts = []
    for number in range(2):
        for address in ("/", "/riverside/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
        for more in range(20):
            make_concert(concert.event.organizer, f"more-{number}-{more}")

    # The list; on an organizer's page the organizer before it.
    assert counts == [1, 2, 1, 2]


def test_list_goes_on_after_a_page(client: Client, concert: Concert) -> None:
    for number in range(30):
        make_concert(concert.event.organizer, f"more-{number:02}")

    first = client.get("/").content.decode()
    rest = client.get("/" + re.search(r'href="(\?after=[^"]+)"', first)[1].replace("&amp;", "&")).content.decode()

    shown, further = (set(re.findall(r'class="event-card" href="([^"]+)"', page)) for page in (first, rest))
    assert (len(shown), len(further), shown & further) == (24, 7, set())


@pytest.mark.parametrize("after", ["x", "~", "2026-01-01", "2026-01-01T00:00:00+00:00~x", "\x00~1", "9" * 400])
def test_a_broken_place_in_the_list_is_its_beginning(client: Client, concert: Concert, after: str) -> None:
    assert client.get("/", {"after": after}).status_code == 200


@pytest.mark.parametrize("address", ["/nobody/", "/riverside/nothing/", "/riverside/concert/holds/x", "/x.php"])
def test_what_is_not_there(client: Client, concert: Concert, address: str) -> None:
    answer = client.get(address)

    assert answer.status_code == 404
    assert b"<h1" in answer.content


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", ["/", "/riverside/", "/riverside/concert/"])
def test_public_pages_are_for_reading(concert: Concert, address: str, method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)(address)

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_style_of_an_event(client: Client) -> None:
    css = client.get("/accent/be185d.css")
    cover = client.get("/cover/be185d/concert.svg")

    assert (css.status_code, css["Content-Type"]) == (200, "text/css")
    assert (cover.status_code, cover["Content-Type"]) == (200, "image/svg+xml")
    assert client.get("/accent/nothex.css").status_code == 404
