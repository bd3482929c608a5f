"""What the database has after a run, read in one snapshot into plain rows: the second half of a proof.

`transaction` is the number of the transaction that wrote a move (PostgreSQL's `xmin`; a move is never updated). The
places of a quota change hands transaction by transaction, so it matters which moves took effect together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Quota:
    id: int
    capacity: int
    taken: int
    seq: int


@dataclass(frozen=True, slots=True)
class Move:
    quota: int
    seq: int
    kind: str
    quantity: int
    capacity: int
    hold: str
    ticket_type: int
    ticket: str
    at: float
    transaction: int


@dataclass(frozen=True, slots=True)
class Hold:
    id: str
    # Empty when it was forgotten, a day later.
    key: str
    state: str
    expires_at: float
    is_extended: bool
    items: dict[int, int]


@dataclass(frozen=True, slots=True)
class Order:
    code: str
    hold: str
    key: str
    state: str


@dataclass(frozen=True, slots=True)
class Ticket:
    id: str
    order: str
    ticket_type: int
    seat: int | None
    is_canceled: bool


@dataclass(frozen=True, slots=True)
class SeatTaken:
    seat: int
    hold: str


@dataclass(frozen=True)
class Ledger:
    quotas: Sequence[Quota]
    moves: Sequence[Move]
    holds: Sequence[Hold]
    orders: Sequence[Order]
    tickets: Sequence[Ticket]
    seats: Sequence[SeatTaken]
    # Which quotas a ticket type takes a place of.
    draws: dict[int, tuple[int, ...]]


QUOTAS = "SELECT id, capacity, taken, seq FROM stock_quota WHERE event_id = ANY (%(events)s)"
MOVES = """
SELECT m.quota_id, m.seq, m.kind, m.quantity, m.capacity, coalesce(m.hold_id::text, ''), coalesce(m.ticket_type_id, 0),
       coalesce(m.ticket_id::text, ''), extract(epoch FROM m.at)::float8, m.xmin::text::bigint
  FROM stock_move m JOIN stock_quota q ON q.id = m.quota_id WHERE q.event_id = ANY (%(events)s)
"""
HOLDS = """
SELECT h.id::text, coalesce(h.idempotency_key::text, ''), h.state, extract(epoch FROM h.expires_at)::float8,
       h.is_extended, array_agg(ARRAY[i.ticket_type_id, i.quantity])
  FROM stock_hold h JOIN stock_holditem i ON i.hold_id = h.id WHERE h.event_id = ANY (%(events)s) GROUP BY h.id
"""
ORDERS = "SELECT code, hold_id::text, idempotency_key::text, state FROM orders_order WHERE event_id = ANY (%(events)s)"
TICKETS = """
SELECT t.id::text, o.code, t.ticket_type_id, t.seat_id, c.ticket_id IS NOT NULL
  FROM orders_ticket t JOIN orders_order o ON o.id = t.order_id LEFT JOIN orders_cancellation c ON c.ticket_id = t.id
 WHERE t.event_id = ANY (%(events)s)
"""
SEATS = """
SELECT taken.seat_id, taken.hold_id::text
  FROM stock_seattaken taken JOIN stock_seat s ON s.id = taken.seat_id JOIN stock_quota q ON q.id = s.quota_id
 WHERE q.event_id = ANY (%(events)s)
"""
DRAWS = """
SELECT d.ticket_type_id, array_agg(d.quota_id) FROM stock_draw d JOIN stock_quota q ON q.id = d.quota_id
 WHERE q.event_id = ANY (%(events)s) GROUP BY d.ticket_type_id
"""


def read_ledger(conn: psycopg.Connection[Any], events: Sequence[int]) -> Ledger:
    """The books of some events. The connection must not be in a transaction."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

        def rows(query: str) -> list[tuple[Any, ...]]:
            return conn.execute(query.encode(), {"events": list(events)}).fetchall()

        return Ledger(
            quotas=[Quota(*row) for row in rows(QUOTAS)],
            moves=[Move(*row) for row in rows(MOVES)],
            holds=[Hold(*facts, dict(items)) for *facts, items in rows(HOLDS)],  # type: ignore[call-arg]
            orders=[Order(*row) for row in rows(ORDERS)],
            tickets=[Ticket(*row) for row in rows(TICKETS)],
            seats=[SeatTaken(*row) for row in rows(SEATS)],
            draws={ticket_type: tuple(sorted(quotas)) for ticket_type, quotas in rows(DRAWS)},
        )
