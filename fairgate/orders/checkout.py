"""What stands between a hold and an order: reading the hold, and checking what the buyer says. No pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from fairgate.lib import logs, money
from fairgate.lib.ids import short
from fairgate.stock.seats import names_together, seat_name

MAX_NAME = 200


class HeldSeat(NamedTuple):
    block: str
    row: str
    number: str


@dataclass(frozen=True)
class Line:
    ticket_type: int
    name: str
    session_starts_at: datetime
    quantity: int
    unit_price: int
    tax_rate_bp: int
    # In the order of the plan, which is that of the tickets; none where places have no number.
    seats: tuple[HeldSeat, ...]

    @property
    def seat_names(self) -> list[str]:
        """Neighbors together."""
        return names_together(self.seats)

    @property
    def ticket_names(self) -> list[str]:
        """For each ticket of the line what tells it from others: its seat if it has one."""
        return [f"{self.name}, {seat_name(*seat)}" for seat in self.seats] or [self.name] * self.quantity

    @property
    def total(self) -> int:
        return self.quantity * self.unit_price

    @property
    def tax(self) -> int:
        return self.quantity * (self.unit_price - money.net_of(self.unit_price, self.tax_rate_bp))


@dataclass(frozen=True)
class HeldBasket:
    """A hold with all that its checkout shows, read in one statement."""

    hold: UUID
    state: str
    expires_at: datetime
    event_slug: str
    event_title: str
    event_place: str
    time_zone: str
    currency: str
    accent: str
    payment_days: int
    verified_only: bool
    organizer_slug: str
    organizer_name: str
    order_code: str | None
    lines: tuple[Line, ...]

    @property
    def is_active(self) -> bool:
        return self.state == "active"

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def tickets(self) -> list[str]:
        """The name of each single ticket, in the order in which they will be numbered."""
        return [name for line in self.lines for name in line.ticket_names]


BASKET = """
SELECT h.id, CASE WHEN h.state = 'active' AND h.expires_at <= clock_timestamp() THEN 'expired' ELSE h.state END,
       h.expires_at, e.slug, e.title, e.place, e.time_zone, e.currency, coalesce(nullif(e.accent, ''), o.accent),
       e.payment_days, e.verified_only, o.slug, o.name, (SELECT code FROM orders_order WHERE hold_id = h.id),
       tt.id, tt.name, s.starts_at, i.quantity, i.unit_price, tt.tax_rate_bp,
       ARRAY(SELECT ARRAY[seat.block, seat.row, seat.number]
               FROM stock_seattaken t JOIN stock_seat seat ON seat.id = t.seat_id
              WHERE t.hold_id = h.id AND t.ticket_type_id = tt.id ORDER BY seat.rank, seat.place)
  FROM stock_hold h
  JOIN events_event e ON e.id = h.event_id
  JOIN organizers_organizer o ON o.id = e.organizer_id
  JOIN stock_holditem i ON i.hold_id = h.id
  JOIN events_tickettype tt ON tt.id = i.ticket_type_id
  JOIN events_session s ON s.id = tt.session_id
 WHERE h.id = %s
 ORDER BY tt.id
"""


def read_basket(hold: UUID) -> HeldBasket | None:
    logs.add_fact(purchase=short(hold))
    with connection.cursor() as cursor:
        cursor.execute(BASKET, (hold,))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    if not rows:
        return None
    lines = tuple(Line(*(*row[14:-1], tuple(HeldSeat(*seat) for seat in row[-1]))) for row in rows)
    return HeldBasket(*(*rows[0][:14], lines))
