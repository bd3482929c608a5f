"""Numbered seats: what they are called, and what a plan shows of them. No Django.

Whatever is shown may be a moment old; only a hold decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from fairgate.lib.database import Executor
from fairgate.lib.i18n import gettext as _

# From so many seats in a line on, the first and the last are named.
LINE = 3


class Named(Protocol):
    @property
    def block(self) -> str: ...
    @property
    def row(self) -> str: ...
    @property
    def number(self) -> str: ...


def seat_name(block: str, row: str, number: str) -> str:
    """How a seat is called, to everyone: "Stalls, row C, seat 12"."""
    words = _("row %(row)s, seat %(number)s") % {"row": row, "number": number}
    return _in_block(block, words)


def names_together(seats: Iterable[Named]) -> list[str]:
    """What seats, in the order of the plan, are called together: "Stalls, row C, seats 12, 13", a sentence a row."""
    names = []
    for (block, row), its in groupby(seats, lambda seat: (seat.block, seat.row)):
        numbers = [seat.number for seat in its]
        if len(numbers) == 1:
            names.append(seat_name(block, row, numbers[0]))
        else:
            words = _("row %(row)s, seats %(numbers)s") % {"row": row, "numbers": _lines(numbers)}
            names.append(_in_block(block, words))
    return names


def _in_block(block: str, words: str) -> str:
    return f"{block}, {words}" if block else words[:1].upper() + words[1:]


def _lines(numbers: Sequence[str]) -> str:
    """Many numbers that follow each other are told by the first and the last."""
    lines: list[list[str]] = []
    for number in numbers:
        if lines and _follows(number, lines[-1][-1]):
            lines[-1].append(number)
        else:
            lines.append([number])
    return ", ".join(f"{line[0]}–{line[-1]}" if len(line) >= LINE else ", ".join(line) for line in lines)  # noqa: RUF001


def _follows(number: str, before: str) -> bool:
    return number.isdecimal() and before.isdecimal() and int(number) == int(before) + 1


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


def plans(db: Executor, event: int, session: int | None = None) -> list[SeatedQuota]:
    """The plans of an event's seated quotas, or of one session's. Two statements."""
    quotas = db.execute(
        "SELECT q.id, q.session_id, q.name, array_agg(d.ticket_type_id ORDER BY tt.position, tt.id)"
        " FROM stock_quota q JOIN stock_draw d ON d.quota_id = q.id"
        " JOIN events_tickettype tt ON tt.id = d.ticket_type_id"
        " WHERE q.event_id = %s AND (%s::bigint IS NULL OR q.session_id = %s) AND q.is_seated AND tt.is_active"
        " GROUP BY q.id ORDER BY q.session_id, q.id",
        (event, session, session),
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


def unavailable(db: Executor, event: int, session: int) -> list[int]:
    """The seats of a session that nobody can take now."""
    rows = db.execute(
        "SELECT s.id FROM stock_quota q JOIN stock_seat s ON s.quota_id = q.id"
        " LEFT JOIN stock_seattaken t ON t.seat_id = s.id"
        " WHERE q.event_id = %s AND q.session_id = %s AND q.is_seated AND (s.is_blocked OR t.seat_id IS NOT NULL)"
        " ORDER BY s.id",
        (event, session),
    ).fetchall()
    return [seat for (seat,) in rows]
