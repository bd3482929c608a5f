"""What reads orders."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from fairgate.lib import logs, secrets, signing
from fairgate.lib.ids import short
from fairgate.orders import whole
from fairgate.orders.models import Order, Ticket


def order_secret(order: Order) -> str:
    """What makes the address of the buyer's order page hard to guess."""
    return secret_of(order.code)


def secret_of(code: str) -> str:
    return secrets.derive(settings.SECRET_KEY, "order", code)


def has_order_secret(code: str, secret: str) -> bool:
    return secrets.matches(settings.SECRET_KEY, "order", code, secret)


def ticket_code(ticket: Ticket) -> str:
    """What the QR code says."""
    return signing.sign(settings.SECRET_KEY, ticket.event_id, ticket.pk)


def find_ticket(order: Order, reference: str) -> Ticket | None:
    return next((ticket for ticket in order.tickets.all() if ticket.reference == reference), None)


def with_tickets(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Orders with all that a page, a PDF or a mail shows of them: two statements. For a single order see `whole`."""
    tickets = Ticket.objects.select_related("ticket_type", "session", "seat", "cancellation").order_by("position")
    return orders.select_related("event", "organizer").prefetch_related(Prefetch("tickets", queryset=tickets))


def find_order(code: str) -> Order | None:
    return _told(whole.read(condition="orders_order.code = %s", value=code))


def order_of(order_id: int) -> Order:
    """For whoever was told of it: an order is never deleted."""
    order = _told(whole.read(condition="orders_order.id = %s", value=order_id))
    if order is None:
        raise Order.DoesNotExist
    return order


def _told(order: Order | None) -> Order | None:
    """The line of whoever asks names the purchase, as that of its hold did."""
    if order is not None:
        logs.add_fact(purchase=short(order.hold_id))
    return order
