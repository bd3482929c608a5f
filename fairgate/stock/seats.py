"""Numbered seats: what a plan shows of them, and which free ones are near. No Django.

Whatever is shown may be a moment old; only a hold decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from fairgate.lib.database import Executor
from fairgate.lib.i18n import gettext as _

# One row further is as far as so many seats to the side.
ROW_DISTANCE = 2


def seat_name(block: str, row: str, number: str) -> str:
    """How a seat is called, to everyone: "Stalls, row C, seat 12"."""
    words = _("row %(row)s, seat %(number)s") % {"row": row, "number": number}
    return f"{block}, {words}" if block else words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Seat:
    id: int
    block: str
    row: str
    number: str
    rank: int
    place: int
    is_free: bool

    @property
    def name(self) -> str:
        return seat_name(self.block, self.row, self.number)


@dataclass(frozen=True)
class Row:
    name: str
    rank: int
    seats: Sequence[Seat]


@dataclass(frozen=True)
class Block:
    name: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class SeatedQuota:
    """The plan of one seated quota: its blocks from the front, with the ticket types that are sold for its seats."""

    id: int
    session_id: int
    name: str
    blocks: Sequence[Block]
    ticket_types: Sequence[int]

    @property
    def seats(self) -> list[Seat]:
        return [seat for block in self.blocks for row in block.rows for seat in row.seats]


def plans(db: Executor, event: int) -> list[SeatedQuota]:
    """The plans of an event's seated quotas. Two statements."""
    quotas = db.execute(
        "SELECT q.id, q.session_id, q.name, array_agg(d.ticket_type_id ORDER BY tt.position, tt.id)"
        " FROM stock_quota q JOIN stock_draw d ON d.quota_id = q.id"
        " JOIN events_tickettype tt ON tt.id = d.ticket_type_id"
        " WHERE q.event_id = %s AND q.is_seated AND tt.is_active GROUP BY q.id ORDER BY q.session_id, q.id",
        (event,),
    ).fetchall()
    if not quotas:
        return []
    rows = db.execute(
        "SELECT s.quota_id, s.id, s.block, s.row, s.number, s.rank, s.place, NOT s.is_blocked AND t.seat_id IS NULL"
        " FROM stock_seat s LEFT JOIN stock_seattaken t ON t.seat_id = s.id"
        " WHERE s.quota_id = ANY (%s) ORDER BY s.quota_id, s.rank, s.place",
        ([quota[0] for quota in quotas],),
    ).fetchall()
    seats = {quota: [Seat(*row[1:]) for row in its] for quota, its in groupby(rows, lambda row: row[0])}
    return [
        SeatedQuota(quota, session, name, _blocks(seats.get(quota, [])), types)
        for quota, session, name, types in quotas
    ]


def _blocks(seats: Sequence[Seat]) -> list[Block]:
    rows = [list(its) for _rank, its in groupby(seats, lambda seat: seat.rank)]
    return [
        Block(name, [Row(row[0].row, row[0].rank, row) for row in its])
        for name, its in groupby(rows, lambda row: row[0].block)
    ]


def named(db: Executor, seats: Sequence[int]) -> dict[int, str]:
    """What these seats are called, in the order of the plan."""
    rows = db.execute(
        "SELECT id, block, row, number FROM stock_seat WHERE id = ANY (%s) ORDER BY quota_id, rank, place",
        (list(seats),),
    ).fetchall()
    return {seat: seat_name(block, row, number) for seat, block, row, number in rows}


def nearest_free(db: Executor, seat: int, limit: int = 3) -> list[Seat]:
    """Free seats of the same quota, the nearest first."""
    rows = db.execute(
        "SELECT s.id, s.block, s.row, s.number, s.rank, s.place, true"
        " FROM stock_seat w JOIN stock_seat s ON s.quota_id = w.quota_id"
        " LEFT JOIN stock_seattaken t ON t.seat_id = s.id"
        " WHERE w.id = %s AND s.id <> w.id AND NOT s.is_blocked AND t.seat_id IS NULL"
        " ORDER BY abs(s.rank - w.rank) * %s + abs(s.place - w.place), s.rank, s.place LIMIT %s",
        (seat, ROW_DISTANCE, limit),
    ).fetchall()
    return [Seat(*row) for row in rows]
