"""What changes an order after it was placed. Placing it is in `place.py`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.db.models import Sum

from fairgate.accounts.models import User
from fairgate.lib import clock
from fairgate.lib.metrics.names import TICKETS_CANCELED
from fairgate.orders.errors import AlreadyCanceled, AlreadyPaid, NothingToCancel
from fairgate.orders.models import Cancellation, Order, OrderState, Ticket
from fairgate.orders.pestering import may_mail
from fairgate.organizers import audit
from fairgate.outbox import actions as outbox
from fairgate.payments.models import PaymentState
from fairgate.stock.actions import Place, return_places


@transaction.atomic
def mark_paid(order: Order, *, by: User | None) -> None:
    """Record that the awaited transfer arrived. Raises AlreadyPaid or AlreadyCanceled."""
    locked = _lock(order)
    if locked.is_paid:
        raise AlreadyPaid
    if locked.is_canceled:
        raise AlreadyCanceled
    locked.payments.filter(state=PaymentState.PENDING).update(
        state=PaymentState.RECEIVED, received_at=clock.now(), recorded_by=by, amount=locked.gross
    )
    _set_state(locked, OrderState.PAID)
    audit.record("order.paid", locked, organizer=locked.organizer_id, by=by, gross=locked.gross)
    outbox.send("order_paid", order=locked.pk)
    order.refresh_from_db()


@transaction.atomic
def cancel_tickets(order: Order, tickets: Sequence[Ticket], *, by: User | None, reason: str) -> None:
    """Cancel some tickets: their places are on sale again at once. The last one cancels the order.

    Raises AlreadyCanceled, or NothingToCancel when none of them is this order's and still good.
    """
    locked = _lock(order)
    if locked.is_canceled:
        raise AlreadyCanceled
    chosen = {ticket.pk for ticket in tickets}
    good = list(locked.tickets.filter(cancellation__isnull=True))
    canceled = [ticket for ticket in good if ticket.pk in chosen]
    if not canceled:
        raise NothingToCancel
    at = clock.now()
    Cancellation.objects.bulk_create(Cancellation(ticket=ticket, by=by, reason=reason, at=at) for ticket in canceled)
    return_places(locked.hold_id, [Place(ticket.pk, ticket.ticket_type_id, ticket.seat_id) for ticket in canceled])
    _take_off(locked, is_last=len(canceled) == len(good))
    references = [ticket.reference for ticket in canceled]
    audit.record("order.canceled", locked, organizer=locked.organizer_id, by=by, reason=reason, tickets=references)
    transaction.on_commit(partial(TICKETS_CANCELED.inc, len(canceled)))
    outbox.send("tickets_canceled", order=locked.pk, tickets=[str(ticket.pk) for ticket in canceled])
    order.refresh_from_db()


def cancel_order(order: Order, *, by: User | None, reason: str) -> None:
    """Cancel every ticket that is still good. Raises AlreadyCanceled."""
    cancel_tickets(order, list(order.tickets.all()), by=by, reason=reason)


@transaction.atomic
def resend_tickets(order: Order, *, by: User | None) -> None:
    """Mail what the buyer has now once more. Raises AlreadyCanceled."""
    if order.is_canceled:
        raise AlreadyCanceled
    audit.record("order.resent", order, organizer=order.organizer_id, by=by)
    outbox.send("tickets_resent", order=order.pk)


@transaction.atomic
def search_tickets(email: str) -> None:
    """Mail to an address the way to its orders, if it has any; not again and again."""
    if may_mail("tickets", email.lower()):
        outbox.send("tickets_searched", email=email)


def _lock(order: Order) -> Order:
    return Order.objects.select_for_update().get(pk=order.pk)


def _take_off(order: Order, *, is_last: bool) -> None:
    """Bring the order's totals, and what is awaited for it, down to its good tickets."""
    left = order.tickets.filter(cancellation__isnull=True).aggregate(gross=Sum("gross"), net=Sum("net"), tax=Sum("tax"))
    order.gross, order.net, order.tax = left["gross"] or 0, left["net"] or 0, left["tax"] or 0
    order.save(update_fields=["gross", "net", "tax"])
    awaited = order.payments.filter(state=PaymentState.PENDING)
    if is_last:
        awaited.update(state=PaymentState.VOID)
        _set_state(order, OrderState.CANCELED)
    else:
        awaited.update(amount=order.gross)


def _set_state(order: Order, state: OrderState) -> None:
    order.state = state
    order.save(update_fields=["state"])
