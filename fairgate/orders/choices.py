"""What a ticket can be changed to. Whatever is shown may be a moment old; only the change decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from fairgate.events.models import TicketType
from fairgate.lib import clock
from fairgate.orders.models import Order, Ticket
from fairgate.stock.catalog import Left, left_word
from fairgate.stock.models import Seat


@dataclass(frozen=True)
class Choice:
    """A ticket type of the same event at the price that was paid. `left` counts the places the ticket has not yet."""

    id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    session_name: str
    is_seated: bool
    left: Left


# The same conditions as in `changes.swap_ticket`.
OFFERED = """
SELECT tt.id, tt.name, s.starts_at, s.ends_at, s.name, bool_or(q.is_seated),
       coalesce(min(q.capacity - q.taken) FILTER (WHERE q.id <> ALL (%(own)s)), 2147483647), min(q.capacity),
       tt.price, tt.tax_rate_bp
  FROM events_tickettype tt
  JOIN events_session s ON s.id = tt.session_id
  JOIN events_event e ON e.id = tt.event_id
  JOIN stock_draw d ON d.ticket_type_id = tt.id
  JOIN stock_quota q ON q.id = d.quota_id
 WHERE tt.event_id = %(event)s AND tt.is_active AND s.ends_at > now()
   AND (%(is_team)s OR (e.state = 'published' AND coalesce(tt.sale_starts_at <= now(), true)))
 GROUP BY tt.id, s.id ORDER BY s.starts_at, tt.position, tt.id
"""


def choices(ticket: Ticket, *, is_team: bool) -> list[Choice]:
    """The other ticket types that this ticket can change to, sold out or not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quota_id FROM stock_draw WHERE ticket_type_id = %s", (ticket.ticket_type_id,))
        own = [quota for (quota,) in cursor.fetchall()]
        cursor.execute(OFFERED, {"event": ticket.event_id, "own": own, "is_team": is_team})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [Choice(*(*row[:6], left_word(row[6], row[7]))) for row in rows if _fits(ticket, row[0], row[8], row[9])]


def changeable(order: Order) -> dict[UUID, bool]:
    """The tickets of an order that can still be changed, and whether to another date or kind. One statement."""
    now = clock.now()
    tickets = [one for one in order.tickets.all() if not one.is_canceled and one.session.ends_at > now]
    if not tickets:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(OFFERED, {"event": order.event_id, "own": [], "is_team": False})
        offered = cursor.fetchall()
    return {one.pk: any(_fits(one, row[0], row[8], row[9]) for row in offered) for one in tickets}


def keeps_seat(ticket: Ticket, target: TicketType) -> bool:
    """Whether a ticket that becomes one of this type may stay on its seat."""
    return ticket.seat is not None and target.draws.filter(quota=ticket.seat.quota_id).exists()


def free_seats(ticket_type: int) -> QuerySet[Seat]:
    """Those that a ticket of this type can have, in the order of the plan."""
    free = Seat.objects.filter(quota__draws__ticket_type=ticket_type, is_blocked=False, taken__isnull=True)
    return free.order_by("rank", "place")


def _fits(ticket: Ticket, ticket_type: int, price: int, tax_rate_bp: int) -> bool:
    is_same_tax = not price or tax_rate_bp == ticket.tax_rate_bp
    return ticket_type != ticket.ticket_type_id and price == ticket.gross and is_same_tax
