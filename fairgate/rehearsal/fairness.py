"""Was it fair? Who asked first should be served first, until nothing is left. No Django.

Measured where people are equal: at the moment when a buyer first asks for places. Until a quota was sold out,

- every two who got places of it: were they granted in the order in which they asked? The share of pairs in disorder,
  and from it Kendall's tau (Kendall: A new measure of rank correlation, Biometrika 1938): 1 is the order of asking, 0
  is chance;
- every one who got places and every one who got none: who asked first? The share of pairs in which it was the one who
  got them, which is the statistic of Mann and Whitney over all pairs: 1 is the order of asking, 0.5 is a lottery;
- who got none although somebody who asked more than a second later got places that had not come back.

Places that were given back later go to whoever asks then, however late; that is luck and no injustice, so it is left
out.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fairgate.rehearsal.facts import Facts, Move
from fairgate.rehearsal.figures import spread
from fairgate.rehearsal.told import Told

# Less is the time that two requests take through the same network.
CLEARLY_S = 1.0
GOT_NONE = ("sold out", "busy", "lost")


@dataclass(frozen=True)
class Fairness:
    """Pairs are counted; of nothing there is no share."""

    winners: int
    losers: int
    pairs: int
    pairs_in_disorder: int
    contests: int
    contests_in_order: int
    passed_over: int
    longest_s: float
    wait_of_winners: dict[str, float | None]
    wait_of_losers: dict[str, float | None]

    @property
    def tau(self) -> float | None:
        return 1 - 2 * self.pairs_in_disorder / self.pairs if self.pairs else None

    @property
    def first_come(self) -> float | None:
        return self.contests_in_order / self.contests if self.contests else None


def measure(facts: Facts, told: Told) -> Fairness:
    granted = _granted_before_full(facts)
    winners: dict[int, list[tuple[int, float]]] = defaultdict(list)
    losers: dict[int, list[float]] = defaultdict(list)
    for fate in told.fates:
        if fate.asked is None:
            continue
        if fate.hold in granted:
            quota, turn = granted[fate.hold]
            winners[quota].append((turn, fate.asked))
        elif fate.outcome in GOT_NONE:
            losers[min(facts.draws[fate.ticket_type])].append(fate.asked)
    full = _full_quotas(facts)
    contests = [_contest([at for _turn, at in winners[quota]], losers[quota]) for quota in full]
    overtaken = [head_start for contest in contests for head_start in contest.overtaken]
    in_turn = [[at for _turn, at in sorted(its)] for its in winners.values()]
    return Fairness(
        winners=sum(len(its) for its in in_turn),
        losers=sum(len(losers[quota]) for quota in full),
        pairs=sum(len(its) * (len(its) - 1) // 2 for its in in_turn),
        pairs_in_disorder=sum(inversions(its) for its in in_turn),
        contests=sum(contest.pairs for contest in contests),
        contests_in_order=sum(contest.in_order for contest in contests),
        passed_over=len(overtaken),
        longest_s=max(overtaken, default=0.0),
        wait_of_winners=_waits(told, lambda outcome: outcome not in GOT_NONE),
        wait_of_losers=_waits(told, lambda outcome: outcome in GOT_NONE),
    )


@dataclass(frozen=True)
class _Contest:
    """For the places of one quota. `overtaken`: by how many seconds somebody was first who got none."""

    pairs: int
    in_order: int
    overtaken: Sequence[float]


def _contest(winners: Sequence[float], losers: Sequence[float]) -> _Contest:
    ordered = sorted(winners)
    last = ordered[-1] if ordered else 0.0
    return _Contest(
        len(ordered) * len(losers),
        sum(bisect_right(ordered, at) for at in losers),
        [last - at for at in losers if last - at > CLEARLY_S],
    )


def inversions(values: Sequence[float]) -> int:
    """Pairs whose first is larger."""
    seen: list[float] = []
    found = 0
    for number, value in enumerate(values):
        found += number - bisect_right(seen, value)
        insort(seen, value)
    return found


def _granted_before_full(facts: Facts) -> dict[str, tuple[int, int]]:
    """By hold, the quota and the turn in which it was granted. A hold on several quotas counts in the first."""
    moves = _moves_by_quota(facts)
    granted: dict[str, tuple[int, int]] = {}
    for places in facts.places:
        free = places.capacity
        for move in moves[places.quota]:
            if move.hold and move.quantity > 0:
                granted.setdefault(move.hold, (places.quota, move.seq))
            free -= move.quantity
            if free <= 0:
                break
    return granted


def _full_quotas(facts: Facts) -> list[int]:
    moves = _moves_by_quota(facts)
    return [places.quota for places in facts.places if _was_full(places.capacity, moves[places.quota])]


def _was_full(free: int, moves: Sequence[Move]) -> bool:
    for move in moves:
        free -= move.quantity
        if free <= 0:
            return True
    return False


def _moves_by_quota(facts: Facts) -> dict[int, list[Move]]:
    moves: dict[int, list[Move]] = defaultdict(list)
    for move in facts.moves:
        moves[move.quota].append(move)
    return moves


def _waits(told: Told, is_of: Callable[[str], bool]) -> dict[str, float | None]:
    """From the first time that one asked until one knew, in seconds."""
    return spread(
        [
            fate.answered - fate.asked
            for fate in told.fates
            if fate.asked is not None and fate.answered is not None and is_of(fate.outcome)
        ]
    )
