"""Numbered seats on the pages of a purchase."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from fairgate.events.models import Event, EventState, TicketType
from fairgate.lib import clock, secrets
from fairgate.orders.queries import order_secret
from fairgate.stock.models import Seat
from fairgate.testing.cast import buy, hold, make_concert

pytestmark = pytest.mark.django_db


def test_checkout_names_the_seats_that_are_kept(client: Client, stalls: TicketType) -> None:
    held = hold((stalls, 4)).hold
    client.cookies["fairgate_hold"] = secrets.derive(settings.SECRET_KEY, "hold", str(held))

    page = client.get(f"/checkout/{held}/").content.decode()

    assert "Stalls, row A, seats 2–5" in page  # noqa: RUF001
    assert "Ticket 1, Stalls, Stalls, row A, seat 2" in page
    assert "Ticket 4, Stalls, Stalls, row A, seat 5" in page


def test_order_names_the_seat_of_each_ticket_and_all_together(client: Client, stalls: TicketType) -> None:
    order = buy((stalls, 3))

    page = client.get(f"/orders/{order.code}/{order_secret(order)}/").content.decode()

    assert [f"row A, seat {number}<" in page for number in (2, 3, 4, 5, 6)] == [False, True, True, True, False]
    assert "Stalls, row A, seats 3–5" in page  # noqa: RUF001


def test_event_page_leads_to_the_plan(client: Client, stalls: TicketType) -> None:
    page = client.get("/riverside/concert/").content.decode()

    assert page.count(f'href="/riverside/concert/seats/{stalls.session_id}/"') == 1
    assert "together where possible" in page


def test_event_page_says_how_many_at_least(client: Client, stalls: TicketType) -> None:
    TicketType.objects.filter(pk=stalls.pk).update(min_per_order=2)

    page = client.get("/riverside/concert/").content.decode()

    assert "at least 2" in page
    assert 'data-least="2"' in page


def test_fewer_than_must_be_taken_at_least_are_sold_out(client: Client, stalls: TicketType) -> None:
    TicketType.objects.filter(pk=stalls.pk).update(min_per_order=2)
    for quantity in (20, 9):
        hold((stalls, quantity))

    (shown,) = (
        one for one in client.get("/api/v1/shop/riverside/concert").json()["ticket_types"] if one["id"] == stalls.pk
    )

    assert (shown["available"], shown["min_per_order"], shown["seated"]) == ("none", 2, True)


def plan_of(ticket_type: TicketType) -> str:
    return f"/riverside/concert/seats/{ticket_type.session_id}/"


def test_plan_is_the_same_for_everyone_and_may_be_kept(client: Client, stalls: TicketType) -> None:
    page = client.get(plan_of(stalls))
    now = client.get(plan_of(stalls) + "taken/")

    for answer in (page, now):
        assert answer.status_code == 200
        assert (answer["Cache-Control"], answer.get("Vary", "Accept-Encoding"), bool(answer.cookies)) == (
            "public, max-age=1",
            "Accept-Encoding",
            False,
        )


def test_plan_has_a_place_in_the_drawing_and_a_field_for_each_seat(client: Client, stalls: TicketType) -> None:
    (gone,) = hold((stalls, 1)).items[0].seats or ()

    page = client.get(plan_of(stalls)).content.decode()

    seats = set(Seat.objects.values_list("pk", flat=True))
    drawn = re.findall(r'<g data-seat="(\d+)"( class="taken")? transform="translate\((\d+) (\d+)\)">', page)
    fields = re.findall(r'<input type="checkbox" id="seat-(\d+)" name="seat" value="([\d:]+)".*?( disabled)?>', page)
    assert {int(seat) for seat, *_rest in drawn} == seats == {int(seat) for seat, *_rest in fields}
    assert len({(x, y) for *_rest, x, y in drawn}) == 30
    assert [int(seat) for seat, is_gone, *_rest in drawn if is_gone] == [gone]
    assert [(int(seat), value) for seat, value, is_gone in fields if is_gone] == [(gone, f"{gone}:{stalls.pk}")]
    assert "style=" not in page


def test_an_aisle_is_a_gap_in_the_drawing(client: Client, stalls: TicketType) -> None:
    page = client.get(plan_of(stalls)).content.decode()

    first_row = [int(x) for x in re.findall(r'transform="translate\((\d+) \d+\)"', page)[:10]]
    assert [other - one for one, other in pairwise(first_row)] == [32, 32, 32, 32, 64, 32, 32, 32, 32]


def test_where_several_tickets_are_sold_for_a_seat_the_field_leaves_it_open(client: Client, stalls: TicketType) -> None:
    reduced = TicketType.objects.create(event=stalls.event, session=stalls.session, name="Reduced", price=300_00)
    reduced.draws.create(quota=stalls.draws.get().quota)

    page = client.get(plan_of(stalls)).content.decode()

    seat = Seat.objects.first()
    assert seat is not None
    assert f'value="{seat.pk}"' in page
    assert all(f'name="quantity-{one.pk}"' in page for one in (stalls, reduced))


def test_plan_asks_five_statements_for_thirty_seats_or_for_three_hundred(
    client: Client, stalls: TicketType, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # The event's own three; its seated quotas; their seats.
    with django_assert_num_queries(5):
        client.get(plan_of(stalls))
    quota = stalls.draws.get().quota
    Seat.objects.bulk_create(
        Seat(quota=quota, block="Stalls", row=str(rank), number=str(place), rank=rank, place=place)
        for rank in range(10, 19)
        for place in range(30)
    )
    with django_assert_num_queries(5):
        client.get(plan_of(stalls))


def test_what_is_taken_is_told_while_the_plan_is_open(client: Client, stalls: TicketType) -> None:
    held = hold((stalls, 3)).items[0].seats or ()
    blocked = Seat.objects.exclude(pk__in=held).last()
    assert blocked is not None
    Seat.objects.filter(pk=blocked.pk).update(is_blocked=True)

    taken = client.get(plan_of(stalls) + "taken/").json()["taken"]

    assert taken == sorted([*held, blocked.pk])


def test_nothing_can_be_chosen_before_the_sale(client: Client, stalls: TicketType) -> None:
    TicketType.objects.update(sale_starts_at=clock.now() + timedelta(days=2))

    page = client.get(plan_of(stalls)).content.decode()

    assert "Tickets go on sale on" in page
    assert "data-ticket-button" not in page
    assert page.count(" disabled>") == 30
    assert "/seats/" not in client.get("/riverside/concert/").content.decode()


@pytest.mark.parametrize("part", ["", "taken/"])
def test_a_draft_has_no_plan(client: Client, stalls: TicketType, part: str) -> None:
    Event.objects.update(state=EventState.DRAFT)

    assert client.get(plan_of(stalls) + part).status_code == 404
    assert client.get("/api/v1/shop/riverside/concert/seats").status_code == 404


def test_no_plan_is_found_at_another_address(client: Client, stalls: TicketType) -> None:
    other = make_concert(stalls.event.organizer, "other")

    for address in (
        f"/riverside/other/seats/{stalls.session_id}/",
        f"/riverside/other/seats/{other.session.pk}/",
        f"/riverside/concert/seats/{other.session.pk}/",
        "/riverside/concert/seats/0/",
        f"/riverside/concert/seats/{'9' * 18}/",
        f"/riverside/concert/seats/{'9' * 19}/",
        "/riverside/concert/seats/x/",
    ):
        assert client.get(address).status_code == 404, address
