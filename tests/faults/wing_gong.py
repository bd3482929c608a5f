"""A second opinion on little histories of one quota: try every order, as Wing and Gong did.

"Testing and Verifying Concurrent Objects" (1993). An order is right if each operation can be given an instant in it,
no earlier than the one before, within the time that it may have taken effect, and if a quota that did one after the
other would have answered the same. Exponential, and it knows nothing of the checker's rules.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from tests.faults.history import Kind, Operation, Result
from tests.faults.ledger import Ledger, Move
from tests.faults.refusals import MEMORY_S


@dataclass(frozen=True)
class Quota:
    """What would do one thing after the other: the state between two operations."""

    capacity: int
    taken: int = 0
    moves: int = 0
    holds: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()


def is_linearizable(history: Sequence[Operation], ledger: Ledger) -> bool:
    moves = sorted(ledger.moves, key=lambda move: move.seq)
    windows = list(_windows(history, moves))
    capacity = moves[0].capacity if moves else ledger.quotas[0].capacity
    holds = {hold.key: hold.id for hold in ledger.holds}

    @cache
    def can_go_on(left: frozenset[int], quota: Quota, now: float) -> bool:
        if quota.moves == len(moves) and all(history[number].result == Result.UNKNOWN for number in left):
            return True
        for number in left:
            one = history[number]
            for after in _outcomes(one, quota, moves, holds.get(one.key, "") if one.kind == Kind.HOLD else one.hold):
                earliest, latest = _time_of(one)
                if after.moves > quota.moves:
                    if moves[quota.moves].at < earliest:
                        continue  # It was stamped before anyone asked for it.
                    earliest, latest = max(earliest, windows[quota.moves][0]), min(latest, windows[quota.moves][1])
                instant = max(now, earliest)
                if instant <= latest and can_go_on(left - {number}, after, instant):
                    return True
        return False

    return can_go_on(frozenset(range(len(history))), Quota(capacity), -math.inf)


def _time_of(one: Operation) -> tuple[float, float]:
    if one.result == Result.SOLD_OUT:
        return one.invoked_at - MEMORY_S, one.returned_at
    return one.invoked_at, one.returned_at if one.is_done else math.inf


def _windows(history: Sequence[Operation], moves: Sequence[Move]) -> Iterator[tuple[float, float]]:
    """When each move took effect: from its stamp to the stamp of the next transaction, or until anyone was told."""
    transactions = [list(group) for _, group in groupby(moves, key=lambda move: move.transaction)]
    stamps = [together[0].at for together in transactions] + [math.inf]
    for together, next_stamp in zip(transactions, stamps[1:], strict=True):
        told = [
            one.returned_at
            for move in together
            for one in history
            if one.is_done and (one.kind.value, one.hold) == (move.kind, move.hold)
        ]
        for _move in together:
            yield together[0].at, min([next_stamp, *told])


def _outcomes(one: Operation, quota: Quota, moves: Sequence[Move], hold: str) -> Iterator[Quota]:
    """The quota after this operation, where it could have answered as it did."""
    move = moves[quota.moves] if quota.moves < len(moves) else None
    places = sum(one.items.values())
    if one.result == Result.SOLD_OUT:
        if quota.taken + places > quota.capacity:
            yield quota
    elif hold in (quota.holds if one.kind == Kind.HOLD else quota.ended):
        yield quota
    elif move is None or (move.kind, move.hold) != (one.kind.value, hold):
        return
    elif one.kind == Kind.HOLD:
        if move.quantity == places and quota.taken + places <= quota.capacity:
            yield replace(_moved(quota, move), holds=quota.holds | {hold})
    elif hold in quota.holds and quota.taken + move.quantity >= 0:
        yield replace(_moved(quota, move), ended=quota.ended | {hold})


def _moved(quota: Quota, move: Move) -> Quota:
    return replace(quota, taken=quota.taken + move.quantity, moves=quota.moves + 1)
