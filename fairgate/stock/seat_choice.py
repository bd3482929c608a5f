"""Seats that somebody chose: what they are, and which free ones are near those that are gone. No Django.

Whatever is shown may be a moment old; only a hold decides.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fairgate.lib.database import Executor
from fairgate.stock.seats import Seat

# One row further is as far as so many seats to the side.
ROW_DISTANCE = 2
# How many seats are offered instead of one that is gone, and for how many at once.
OFFERED = 3
REPLACED = 20


@dataclass(frozen=True)
class FoundSeat(Seat):
    """With the ticket types that are sold for it."""

    ticket_types: Sequence[int]


def find(db: Executor, event: int, seats: Sequence[int]) -> list[FoundSeat]:
    """Those of these seats that the event has, in the order of its plans."""
    rows = db.execute(
        "SELECT s.id, s.block, s.row, s.number, s.rank, s.place, NOT s.is_blocked AND t.seat_id IS NULL,"
        " ARRAY(SELECT tt.id FROM stock_draw d JOIN events_tickettype tt ON tt.id = d.ticket_type_id"
        "        WHERE d.quota_id = q.id AND tt.is_active ORDER BY tt.position, tt.id)"
        " FROM stock_seat s JOIN stock_quota q ON q.id = s.quota_id LEFT JOIN stock_seattaken t ON t.seat_id = s.id"
        " WHERE s.id = ANY (%s) AND q.event_id = %s ORDER BY s.quota_id, s.rank, s.place",
        (list(seats), event),
    ).fetchall()
    return [FoundSeat(*row) for row in rows]


def nearest_free(
    db: Executor, seats: Sequence[int], besides: Sequence[int] = (), limit: int = OFFERED
) -> dict[int, list[Seat]]:
    """For each of these seats the nearest free ones of the same quota, the nearest first. None is offered twice, nor
    any of `besides`."""
    gone = list(seats)[:REPLACED]
    rows = db.execute(
        "SELECT w.id, s.* FROM stock_seat w CROSS JOIN LATERAL ("
        " SELECT s.id, s.block, s.row, s.number, s.rank, s.place, true"
        "   FROM stock_seat s LEFT JOIN stock_seattaken t ON t.seat_id = s.id"
        "  WHERE s.quota_id = w.quota_id AND s.id <> ALL (%s) AND NOT s.is_blocked AND t.seat_id IS NULL"
        "  ORDER BY abs(s.rank - w.rank) * %s + abs(s.place - w.place), s.rank, s.place LIMIT %s) s"
        " WHERE w.id = ANY (%s)",
        ([*seats, *besides], ROW_DISTANCE, limit * len(gone), gone),
    ).fetchall()
    near = {seat: [Seat(*row[1:]) for row in rows if row[0] == seat] for seat in gone}
    return _shared_out(near, limit)


def _shared_out(near: Mapping[int, Sequence[Seat]], limit: int) -> dict[int, list[Seat]]:
    """Each in turn gets the nearest that no other has."""
    offered: dict[int, list[Seat]] = {seat: [] for seat in near}
    used: set[int] = set()
    for _round in range(limit):
        for seat, candidates in near.items():
            found = _first_besides(candidates, used)
            if found:
                offered[seat].append(found)
                used.add(found.id)
    return offered


def _first_besides(seats: Sequence[Seat], used: Container[int]) -> Seat | None:
    return next((seat for seat in seats if seat.id not in used), None)


def are_of(db: Executor, hold: UUID, seats: Sequence[int]) -> bool:
    """Whether this hold has all of these seats."""
    (count,) = db.execute(
        "SELECT count(*) FROM stock_seattaken WHERE hold_id = %s AND seat_id = ANY (%s)", (hold, list(seats))
    ).fetchone()
    return bool(seats) and count == len(set(seats))
