from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from fairgate.accounts.models import User
from fairgate.core.audit import find_differences
from fairgate.orders.actions import cancel_order, cancel_tickets, mark_paid, resend_tickets
from fairgate.orders.errors import AlreadyCanceled, AlreadyPaid, NothingToCancel, OrderError
from fairgate.orders.models import Order, OrderState
from fairgate.organizers.audit import history
from fairgate.outbox.models import OutboxMessage
from fairgate.testing.cast import Concert, buy, make_concert, make_organizer

pytestmark = pytest.mark.django_db(transaction=True)  # The audit wants a transaction of its own.


def topics() -> list[str]:
    return list(OutboxMessage.objects.order_by("id").values_list("topic", flat=True))


def taken(concert: Concert) -> int:
    concert.quota.refresh_from_db()
    return concert.quota.taken


def test_transfer_arrives(concert: Concert, olga: User) -> None:
    order = buy((concert.standard, 2))

    mark_paid(order, by=olga)

    assert order.state == OrderState.PAID
    assert list(order.payments.values_list("state", "amount", "recorded_by")) == [("received", 199800, olga.pk)]
    assert topics() == ["order_placed", "order_paid"]
    assert [(entry.action, entry.by) for entry in history(order)] == [("order.placed", None), ("order.paid", olga)]
    with pytest.raises(AlreadyPaid):
        mark_paid(order, by=olga)


def test_canceled_ticket_returns_its_place_and_its_price(concert: Concert, olga: User) -> None:
    order = buy((concert.standard, 3))
    first = order.tickets.all()[0]

    cancel_tickets(order, [first], by=olga, reason="Ill")

    assert (taken(concert), order.gross, order.state) == (2, 199800, OrderState.PENDING)
    assert order.payments.get().amount == 199800
    assert first.cancellation.reason == "Ill"
    assert find_differences() == []


def test_last_ticket_cancels_the_order(concert: Concert, olga: User) -> None:
    order = buy((concert.standard, 2))

    cancel_order(order, by=olga, reason="")

    assert (taken(concert), order.gross, order.state) == (0, 0, OrderState.CANCELED)
    assert order.payments.get().state == "void"
    assert find_differences() == []
    for change in (cancel_order, cancel_order):
        with pytest.raises(AlreadyCanceled):
            change(order, by=olga, reason="")
    with pytest.raises(AlreadyCanceled):
        mark_paid(order, by=olga)
    with pytest.raises(AlreadyCanceled):
        resend_tickets(order, by=olga)


def test_ticket_of_another_order_is_not_canceled(concert: Concert, olga: User) -> None:
    order, other = buy((concert.free, 2)), buy((concert.free, 2))

    with pytest.raises(NothingToCancel):
        cancel_tickets(order, list(other.tickets.all()), by=olga, reason="")

    assert taken(concert) == 4


def test_canceling_again_returns_nothing_twice(concert: Concert, olga: User) -> None:
    order = buy((concert.free, 3))
    first = order.tickets.all()[0]
    cancel_tickets(order, [first], by=olga, reason="")

    with pytest.raises(NothingToCancel):
        cancel_tickets(order, [first], by=olga, reason="")

    assert taken(concert) == 2


@pytest.mark.django_db(transaction=True)
def test_two_cancel_the_same_order_at_once(transactional_db: None) -> None:
    concert = make_concert(make_organizer("riverside"))
    orders = [buy((concert.standard, 2)) for _ in range(10)]
    start = threading.Barrier(20)

    def work(number: int) -> str:
        start.wait()
        order = Order.objects.get(pk=orders[number // 2].pk)
        try:
            cancel_order(order, by=None, reason="") if number % 3 else mark_paid(order, by=None)
        except OrderError as error:
            return type(error).__name__
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(20)))

    assert taken(concert) == 2 * Order.objects.exclude(state=OrderState.CANCELED).count()
    assert find_differences() == []
