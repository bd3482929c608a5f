from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries

from fairgate.accounts.models import User
from fairgate.events.models import TicketType
from fairgate.orders.actions import cancel_tickets
from fairgate.orders.models import Order
from fairgate.orders.queries import find_order, with_tickets
from fairgate.testing.cast import Concert, buy

pytestmark = pytest.mark.django_db


def shown(order: Order) -> list[dict[str, Any]]:
    """Every value of the order and of what hangs on it."""
    parts: list[Model] = [order, order.event, order.organizer]
    for ticket in order.tickets.all():
        parts += [ticket, ticket.order, ticket.ticket_type, ticket.session]
        parts += [ticket.cancellation] if ticket.is_canceled else []
        parts += [ticket.seat] if ticket.seat else []
    return [vars(part) | {"_state": None, "_prefetched_objects_cache": None} for part in parts]


def test_order_is_the_same_as_through_the_orm(concert: Concert, stalls: TicketType, olga: User) -> None:
    order = buy((concert.standard, 2), (concert.free, 2), (stalls, 1))
    cancel_tickets(order, [order.tickets.all()[1]], by=olga, reason="Ill")

    found = find_order(order.code)

    assert found is not None
    assert shown(found) == shown(with_tickets(Order.objects.filter(code=order.code)).get())
    assert [ticket.is_canceled for ticket in found.tickets.all()] == [False, True, False, False, False]
    assert [str(ticket.seat) for ticket in found.tickets.all() if ticket.seat] == ["Stalls, row A, seat 5"]


@pytest.mark.parametrize("quantity", [1, 10])
def test_order_is_read_in_one_statement(
    concert: Concert, quantity: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    order = buy((concert.free, quantity))

    with django_assert_num_queries(1):
        found = find_order(order.code)
        assert found is not None
        shown(found)


def test_nobody_finds_an_order_that_is_none(concert: Concert) -> None:
    assert find_order("NONE") is None
