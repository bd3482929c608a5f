"""How buyers behave: what share of them does what, and how long they take. No Django.

People's pauses are log-normal: many short ones and a few very long (Limpert, Stahel, Abbt: Log-normal distributions
across the sciences, BioScience 2001). The shares are assumptions, told in every report, so that whoever knows better
can say so.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

PACE_S = 60.0
# Times the middle: places are kept for some minutes only.
LONGEST = 6


@dataclass(frozen=True)
class Habits:
    # Of all buyers, who come by a program that speaks the API.
    programs: float = 0.15
    # Of those where seats have numbers, who choose theirs on the plan.
    choosers: float = 0.7
    # How many tickets: one, two, three, four.
    baskets: tuple[float, ...] = (0.40, 0.42, 0.08, 0.10)
    double_clicks: float = 0.05
    reloads: float = 0.10
    # Of those who have places: who leaves without a word, and who gives them back.
    leave: float = 0.05
    give_back: float = 0.03
    # Of those who are told that there is nothing left, who looks once more.
    look_again: float = 0.15
    # Seconds, in the middle: reading the event's page, choosing seats, typing name and email, looking once more.
    reads: float = 2.0
    chooses: float = 6.0
    types: float = 10.0
    looks_again: float = 8.0
    spread: float = 0.6
    # How often one asks again when all are busy; how long programs wait without being told, and people read besides.
    tries: int = 8
    pause: float = 2.0

    def at_pace(self, seconds: float) -> Habits:
        """Where all come within less than a minute, people are quicker too: so a short rehearsal is soon over."""
        pace = min(1.0, seconds / PACE_S)
        return replace(
            self,
            reads=self.reads * pace,
            chooses=self.chooses * pace,
            types=self.types * pace,
            looks_again=self.looks_again * pace,
        )

    def pause_of(self, chance: random.Random, middle: float) -> float:
        return middle * min(LONGEST, chance.lognormvariate(0, self.spread))

    def basket(self, chance: random.Random, least: int, most: int) -> int:
        (size,) = chance.choices(range(1, len(self.baskets) + 1), self.baskets)
        return max(least, min(size, most))


HABITS = Habits()


@dataclass(frozen=True)
class Offer:
    """One ticket type of the copy: what buyers can see of it. `rows` are its seats, each row from the left."""

    ticket_type: int
    session: int
    places: int
    least: int
    most: int
    payment: str
    rows: Sequence[Sequence[tuple[int, int]]] = ()

    @property
    def is_seated(self) -> bool:
        return bool(self.rows)


def choose_seats(chance: random.Random, offer: Offer, taken: set[int], quantity: int) -> list[int]:
    """Some together, rather in front than in the back; fewer when there are no more, none when all are gone."""
    free = [[seat for seat in row if seat[0] not in taken] for row in offer.rows]
    for size in range(quantity, 0, -1):
        found = [run for row in free for run in _runs(row, size)]
        if found:
            # The nearer to the front, the likelier.
            return found[int(len(found) * chance.random() ** 2)]
    return []


def _runs(row: Sequence[tuple[int, int]], size: int) -> list[list[int]]:
    """Every way to sit so many side by side; `place` is the column, which an aisle interrupts."""
    runs = (row[start : start + size] for start in range(len(row) - size + 1))
    return [[seat for seat, _place in run] for run in runs if run[-1][1] - run[0][1] == size - 1]
