"""Numbered seats on the pages of a purchase."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from fairgate.events.models import TicketType
from fairgate.lib import secrets
from fairgate.orders.queries import order_secret
from fairgate.testing.cast import buy, hold

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
