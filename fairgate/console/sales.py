"""Sales at a glance: what is held, sold and free, and what orders bring; the same few queries for all events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from fairgate.events.models import Event, Session
from fairgate.orders.models import Order, OrderState, Ticket
from fairgate.stock.models import Draw, Quota, Seat

# In a query of its own: joined, each seat would make a row.
BLOCKED = Coalesce(
    Subquery(
        Seat.objects.filter(quota=OuterRef("pk"), is_blocked=True)
        .order_by()
        .values("quota")
        .annotate(number=Count("pk"))
        .values("number")
    ),
    0,
)


@dataclass
class QuotaSales:
    id: int
    session: Session
    name: str
    capacity: int
    taken: int
    is_seated: bool = False
    # Seats that are not sold, and so no part of the capacity.
    blocked: int = 0
    sold: int = 0

    @property
    def held(self) -> int:
        """In checkouts right now. Sold places are taken too, and counted from another row a moment later."""
        return max(self.taken - self.sold, 0)

    @property
    def free(self) -> int:
        return self.capacity - self.taken


@dataclass
class EventSales:
    event: Event
    quotas: list[QuotaSales] = field(default_factory=list)
    # By ticket type: what is sold, and the names of the places it draws on.
    sold_of: dict[int, int] = field(default_factory=dict)
    drawn_by: dict[int, list[str]] = field(default_factory=dict)
    paid_orders: int = 0
    pending_orders: int = 0
    gross: int = 0
    net: int = 0
    tax: int = 0
    awaited: int = 0

    @property
    def tickets(self) -> int:
        return sum(self.sold_of.values())


def sales_of(events: Sequence[Event]) -> dict[int, EventSales]:
    sales = {event.pk: EventSales(event) for event in events}
    _add_places(sales)
    _add_orders(sales)
    return sales


def _add_places(sales: dict[int, EventSales]) -> None:
    quotas = {}
    of_events = Quota.objects.filter(event__in=sales).annotate(blocked=BLOCKED).select_related("session")
    for quota in of_events.order_by("session__starts_at", "id"):
        entry = QuotaSales(
            quota.pk, quota.session, quota.name, quota.capacity, quota.taken, quota.is_seated, quota.blocked
        )
        quotas[quota.pk] = entry
        sales[quota.event_id].quotas.append(entry)
    draws = (
        Draw.objects.filter(quota__in=quotas)
        .order_by("quota_id")
        .values_list("ticket_type_id", "quota_id", "ticket_type__event_id")
    )
    drawing = list(draws)
    sold = _tickets_sold([ticket_type for ticket_type, _, _ in drawing])
    for ticket_type, quota_id, event in drawing:
        quotas[quota_id].sold += sold.get(ticket_type, 0)
        sales[event].sold_of[ticket_type] = sold.get(ticket_type, 0)
        sales[event].drawn_by.setdefault(ticket_type, []).append(quotas[quota_id].name)


def _tickets_sold(ticket_types: Sequence[int]) -> dict[int, int]:
    counts = (
        Ticket.objects.filter(ticket_type__in=set(ticket_types), cancellation__isnull=True)
        .order_by()
        .values_list("ticket_type")
        .annotate(sold=Count("*"))
    )
    return dict(counts)


def _add_orders(sales: dict[int, EventSales]) -> None:
    totals = (
        Order.objects.filter(event__in=sales, state__in=(OrderState.PAID, OrderState.PENDING))
        .values("event", "state")
        .annotate(orders=Count("*"), gross_sum=Sum("gross"), net_sum=Sum("net"), tax_sum=Sum("tax"))
    )
    for row in totals:
        entry = sales[row["event"]]
        if row["state"] == OrderState.PAID:
            entry.paid_orders = row["orders"]
            entry.gross, entry.net, entry.tax = row["gross_sum"], row["net_sum"], row["tax_sum"]
        else:
            entry.pending_orders = row["orders"]
            entry.awaited = row["gross_sum"]
