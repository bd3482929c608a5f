"""One order with all that its page, its PDF and its mails show: one statement, whose text is made once.

The result is that of `queries.with_tickets`. There Django composes the text anew for each call, which takes several
times as long as answering it; and this is what buyers, and the workers for them, read most.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from fairgate.events.models import Event, Session, TicketType
from fairgate.orders.models import Cancellation, Order, Ticket
from fairgate.organizers.models import Organizer
from fairgate.stock.models import Seat

M = TypeVar("M", bound=Model)
Row = Sequence[Any]

# Side by side in each row, which is one ticket's.
PARTS: tuple[type[Model], ...] = (Order, Event, Organizer, Ticket, TicketType, Session, Seat, Cancellation)
NAMES = {part: [field.attname for field in part._meta.concrete_fields] for part in PARTS}
PLACES = {
    part: slice(start, end)
    for part, (start, end) in zip(
        PARTS, pairwise(accumulate((len(NAMES[part]) for part in PARTS), initial=0)), strict=True
    )
}


def read(*, condition: str, value: str | int) -> Order | None:
    with connection.cursor() as cursor:
        cursor.execute(_statement(condition), (value,))
        rows = cursor.fetchall()
    if not rows:
        return None
    order = _part(Order, rows[0])
    order.event, order.organizer = _part(Event, rows[0]), _part(Organizer, rows[0])
    # What Django's own prefetch does.
    tickets: Any = order.tickets.all()
    tickets._result_cache = [_ticket(order, row) for row in rows]
    order.__dict__["_prefetched_objects_cache"] = {"tickets": tickets}
    return order


@cache
def _statement(condition: str) -> str:
    columns = [f"{part._meta.db_table}.{name}" for part in PARTS for name in NAMES[part]]
    return f"""
    SELECT {", ".join(columns)}
      FROM orders_order
      JOIN events_event ON events_event.id = orders_order.event_id
      JOIN organizers_organizer ON organizers_organizer.id = orders_order.organizer_id
      JOIN orders_ticket ON orders_ticket.order_id = orders_order.id
      JOIN events_tickettype ON events_tickettype.id = orders_ticket.ticket_type_id
      JOIN events_session ON events_session.id = orders_ticket.session_id
      LEFT JOIN stock_seat ON stock_seat.id = orders_ticket.seat_id
      LEFT JOIN orders_cancellation ON orders_cancellation.ticket_id = orders_ticket.id
     WHERE {condition}
     ORDER BY orders_ticket.position
    """


def _ticket(order: Order, row: Row) -> Ticket:
    ticket = _part(Ticket, row)
    ticket.order, ticket.ticket_type, ticket.session = order, _part(TicketType, row), _part(Session, row)
    ticket.seat = _part(Seat, row) if ticket.seat_id else None
    is_canceled = row[PLACES[Cancellation]][0] is not None
    Ticket.cancellation.related.set_cached_value(ticket, _part(Cancellation, row) if is_canceled else None)
    return ticket


def _part(model: type[M], row: Row) -> M:
    return model.from_db(connection.alias, NAMES[model], row[PLACES[model]])
