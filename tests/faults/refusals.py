"""Whether "sold out" was right: whether too few places were free at some instant of the time in which that may count.

When a move took effect is not known to the instant, but well enough. Its transaction stamped it (`at`) while it had
the quota's row locked, and the next transaction could stamp its own only after that lock was gone. So the change
happened between one stamp and the next, and before anyone was told of it. In between it may count either way, so the
lesser number of free places does. What is reported is therefore certainly wrong.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from tests.faults.facts import Facts
from tests.faults.history import Kind, Operation, Result
from tests.faults.ledger import Move

# A refusal may come from a memory of this age.
MEMORY_S = 1.0
# PostgreSQL's stamps are rounded, and so are ours.
ROUNDING_S = 0.001

# From when on, how many places were certainly free.
Steps = list[tuple[float, int]]
# From, until, how many places were asked for, and by which operation.
Asked = tuple[float, float, int, int]


def false_refusals(facts: Facts) -> Iterator[Operation]:
    refused = [one for one in facts.operations if one.result == Result.SOLD_OUT and one.kind in (Kind.HOLD, Kind.SWAP)]
    asked: dict[int, list[Asked]] = defaultdict(list)
    for number, one in enumerate(refused):
        for quota, need in facts.needs(one.items.items()).items():
            from_, until = one.invoked_at - MEMORY_S - ROUNDING_S, one.returned_at + ROUNDING_S
            asked[quota].append((from_, until, need, number))
    right = {number for quota, windows in asked.items() for number in _rightly(steps(facts, quota), windows)}
    return (one for number, one in enumerate(refused) if number not in right)


def steps(facts: Facts, quota: int) -> Steps:
    """How many places were certainly free, from each of these moments on."""
    moves = facts.moves_of.get(quota, [])
    free, taken = _free_at_first(facts, quota, moves), 0
    found: Steps = []
    settled_at = -math.inf
    for _transaction, group in groupby(moves, key=lambda move: move.transaction):
        together = list(group)
        stamped_at = max(settled_at if found == [] else found[-1][0], min(move.at for move in together))
        if settled_at < stamped_at:
            found.append((settled_at, free))
        least = free
        for move in together:
            taken += move.quantity
            free = move.capacity - taken
            least = min(least, free)
        found.append((stamped_at, least))
        settled_at = max(stamped_at, min(_told_at(facts, move) for move in together))
    if settled_at < math.inf:
        found.append((settled_at, free))
    return found


def _free_at_first(facts: Facts, quota: int, moves: list[Move]) -> int:
    if not moves:
        return facts.quotas[quota].capacity if quota in facts.quotas else 0
    # What a first resize changed is not in the ledger, so nothing is certain before it.
    return 0 if moves[0].kind == "resize" else moves[0].capacity


def _told_at(facts: Facts, move: Move) -> float:
    span = facts.spans.get((move.kind, move.hold))
    return span.returned_at if span else math.inf


def _rightly(certainly_free: Steps, windows: list[Asked]) -> Iterator[int]:
    """The operations in whose time fewer places than they asked for may have been free.

    The windows are taken by their ends, so that what was least up to now is a stack of ever larger numbers: a number
    is of no interest any more once a later one is as small. Two searches a window find the one that counts.
    """
    times = [time for time, _free in certainly_free]
    kept: list[int] = []
    lowest: list[int] = []
    seen = 0
    for from_, until, need, number in sorted(windows, key=lambda window: window[1]):
        while seen < len(times) and times[seen] <= until:
            while lowest and lowest[-1] >= certainly_free[seen][1]:
                lowest.pop()
                kept.pop()
            lowest.append(certainly_free[seen][1])
            kept.append(seen)
            seen += 1
        in_force = max(bisect_right(times, from_) - 1, 0)
        if lowest[bisect_left(kept, in_force)] < need:
            yield number
