"""The plan of a seated quota as its organizers see it: every seat with what it is, and where to draw it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from fairgate.stock.models import Quota, Seat

FREE, TAKEN, BLOCKED = "free", "taken", "blocked"
# In units of the drawing: a seat with the space around it, the word at the top, and the name of a block above its rows.
CELL = 20
FRONT = 16
HEADING = 24
MARGIN = 30


@dataclass(frozen=True)
class PlanSeat:
    id: int
    number: str
    state: str
    x: int
    y: int
    # An aisle is to its left.
    is_apart: bool


@dataclass(frozen=True)
class PlanRow:
    name: str
    rank: int
    y: int
    seats: Sequence[PlanSeat]

    @property
    def can_change(self) -> bool:
        return any(seat.state != TAKEN for seat in self.seats)


@dataclass(frozen=True)
class PlanBlock:
    name: str
    y: int
    rows: Sequence[PlanRow]


@dataclass(frozen=True)
class Plan:
    blocks: Sequence[PlanBlock]
    width: int
    height: int
    counts: Counter[str]

    @property
    def is_wide(self) -> bool:
        """Too wide to be shrunk to the screen: its seats would be dots."""
        return self.width > 1000

    @property
    def is_long(self) -> bool:
        """Too many seats to open their boxes unasked."""
        return self.counts.total() > 300


def plan_of(quota: Quota) -> Plan:
    """One statement, however many seats."""
    seats = list(quota.seats.select_related("taken").order_by("rank", "place"))
    first = min((seat.place for seat in seats), default=0)
    last = max((seat.place for seat in seats), default=0)
    blocks, height = [], FRONT
    for name, its in groupby(seats, lambda seat: seat.block):
        top = height + HEADING
        rows = list(_rows(its, top=top, left=MARGIN - first * CELL))
        blocks.append(PlanBlock(name, top, rows))
        height = top + len(rows) * CELL
    counts = Counter(seat.state for block in blocks for row in block.rows for seat in row.seats)
    return Plan(blocks, width=2 * MARGIN + (last - first + 1) * CELL, height=height + CELL // 2, counts=counts)


def _rows(seats: Iterable[Seat], *, top: int, left: int) -> Iterable[PlanRow]:
    for number, (rank, its) in enumerate(groupby(seats, lambda seat: seat.rank)):
        row, y = list(its), top + number * CELL
        before = [row[0].place - 1, *(seat.place for seat in row)]
        yield PlanRow(
            row[0].row,
            rank,
            y,
            [
                PlanSeat(seat.pk, seat.number, _state(seat), left + seat.place * CELL, y, seat.place > previous + 1)
                for seat, previous in zip(row, before, strict=False)
            ],
        )


def _state(seat: Seat) -> str:
    if seat.is_blocked:
        return BLOCKED
    return TAKEN if hasattr(seat, "taken") else FREE
