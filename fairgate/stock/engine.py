"""The SQL functions as Python functions, for the core and the services alike. No Django.

Each call is one statement. The caller owns the transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from fairgate.lib.database import Executor
from fairgate.lib.ids import uuid7

HOLD_TTL = timedelta(minutes=10)
GRACE = timedelta(minutes=5)


class Outcome(StrEnum):
    HELD = "held"
    REPEAT = "repeat"
    KEY_REUSED = "key-reused"
    INVALID = "invalid"
    SOLD_OUT = "sold-out"
    SEAT_TAKEN = "seat-taken"
    AGAIN = "again"


@dataclass(frozen=True)
class Item:
    """So many of one kind. `seats` are those that were chosen, as many; none: the best that are free."""

    ticket_type: int
    quantity: int
    seats: tuple[int, ...] = ()


@dataclass(frozen=True)
class HoldRequest:
    """What somebody asks for. Key and fingerprint are digests, so that neither can be read back from the table."""

    event: int
    items: tuple[Item, ...]
    key: UUID
    fingerprint: UUID
    hold: UUID = field(default_factory=uuid7)


@dataclass(frozen=True)
class AnsweredItem:
    """`seats` are those it has; where seats were refused, those that could not be had."""

    ticket_type: int
    quantity: int
    unit_price: int | None
    left: int | None
    reason: str | None
    seats: Sequence[int] | None


@dataclass(frozen=True)
class Answer:
    """What a request got. `hold`, `state` and `expires_at` count when it was held, now or by an earlier repeat."""

    outcome: Outcome
    hold: UUID
    state: str
    expires_at: datetime
    currency: str
    items: tuple[AnsweredItem, ...]

    @property
    def is_held(self) -> bool:
        return self.outcome in (Outcome.HELD, Outcome.REPEAT)


def digest(*parts: str | bytes) -> UUID:
    """128 bits of SHA-256 over the parts: how keys and bodies are remembered."""
    hashed = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        hashed.update(len(raw).to_bytes(4) + raw)
    return UUID(bytes=hashed.digest()[:16])


def hold_places(db: Executor, event: int, requests: Sequence[HoldRequest], ttl: timedelta = HOLD_TTL) -> list[Answer]:
    """Grant or refuse each request as a whole, in order. No two may have the same key."""
    numbered = [(number, item) for number, request in enumerate(requests, 1) for item in request.items]
    seats = [(number, seat) for number, (_, item) in enumerate(numbered, 1) for seat in item.seats]
    rows = db.execute(
        "SELECT * FROM stock_hold_places("
        "%s, %s, %s::uuid[], %s::uuid[], %s::uuid[], %s::int[], %s::bigint[], %s::int[],"
        " %s::int[], %s::bigint[])",
        (
            event,
            ttl,
            _array(request.hold for request in requests),
            _array(request.key for request in requests),
            _array(request.fingerprint for request in requests),
            _array(number for number, _ in numbered),
            _array(item.ticket_type for _, item in numbered),
            _array(item.quantity for _, item in numbered),
            _array(number for number, _ in seats),
            _array(seat for _, seat in seats),
        ),
    ).fetchall()
    return list(_answers(rows))


def _array(values: Iterable[UUID | int]) -> str:
    """As PostgreSQL spells it: psycopg would look at each element whether it needs quotes, and these never do."""
    return f"{{{','.join(map(str, values))}}}"


def _answers(rows: Iterable[tuple[Any, ...]]) -> Iterable[Answer]:
    current: list[tuple[Any, ...]] = []
    for row in rows:
        if current and row[0] != current[0][0]:
            yield _answer(current)
            current = []
        current.append(row)
    if current:
        yield _answer(current)


def _answer(rows: list[tuple[Any, ...]]) -> Answer:
    _, outcome, hold, state, expires_at, currency, *_ = rows[0]
    return Answer(
        Outcome(outcome), hold, state, expires_at, currency or "", tuple(AnsweredItem(*row[6:]) for row in rows)
    )


def release_hold(db: Executor, hold: UUID) -> bool:
    """Give an active hold's places back. False if it had already ended."""
    return bool(db.execute("SELECT stock_release_hold(%s)", (hold,)).fetchone()[0])


def extend_hold(db: Executor, hold: UUID, grace: timedelta = GRACE) -> datetime | None:
    """Give an active hold more time as its buyer begins to pay; once. Its new end, or None if it gets no more."""
    end: datetime | None = db.execute("SELECT stock_extend_hold(%s, %s)", (hold, grace)).fetchone()[0]
    return end


def hold_state(db: Executor, hold: UUID) -> tuple[str, datetime] | None:
    """State and end of a hold, or None. A hold that is due counts as expired even before it is swept."""
    row = db.execute(
        "SELECT CASE WHEN state = 'active' AND expires_at <= clock_timestamp() THEN 'expired' ELSE state END,"
        " expires_at FROM stock_hold WHERE id = %s",
        (hold,),
    ).fetchone()
    return (row[0], row[1]) if row else None


def find_event(db: Executor, organizer: str, event: str) -> int | None:
    """The id of an event that the public may know of."""
    row = db.execute(
        "SELECT e.id FROM events_event e JOIN organizers_organizer o ON o.id = e.organizer_id"
        " WHERE o.slug = %s AND e.slug = %s AND e.state <> 'draft'",
        (organizer, event),
    ).fetchone()
    return row[0] if row else None
