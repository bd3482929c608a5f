"""Who works next: where more want to than may, who pays comes before who looks."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from fairgate.lib.overload.limit import LEAST, Limit


class Rank(IntEnum):
    """What is at stake, the most first. To send away who looks costs a moment; to send away who pays, a sale."""

    PAYS = 0
    HOLDS = 1
    HAS_BOUGHT = 2
    # Few, and it is they who can calm a rush; what they ask for may be large, so they never have all turns.
    WORKS = 3
    LOOKS = 4


# From the arrival at the door to the turn. Who waited longer has given up or is about to: an answer would help nobody.
# Who was sent to a host that has fallen silent waits for 3 s until the door asks another, and is not to blame.
PATIENCE_S = {Rank.PAYS: 10.0, Rank.HOLDS: 5.0, Rank.HAS_BOUGHT: 5.0, Rank.WORKS: 10.0, Rank.LOOKS: 5.0}


@dataclass(frozen=True)
class Look:
    at_work: Mapping[Rank, int]
    waiting: Mapping[Rank, int]
    limit: int
    most: int


class _Waiter:
    __slots__ = ("gate", "has_turn")

    def __init__(self) -> None:
        self.has_turn = False
        self.gate = threading.Lock()
        self.gate.acquire()


class Turns:
    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._at_work: Counter[Rank] = Counter()
        self._line: list[tuple[Rank, int, _Waiter]] = []
        self._numbers = itertools.count()

    @property
    def at_work(self) -> int:
        return sum(self._at_work.values())

    def look(self) -> Look:
        """How it is at the moment."""
        with self._lock:
            waiting = Counter(rank for rank, _number, _waiter in self._line)
            return Look(dict(self._at_work), waiting, self._limit.value, self._limit.most)

    def take(self, rank: Rank, waited_s: float = 0.0) -> int:
        """Wait for a turn: how many are at work with it, or 0 if there was none in time, and nothing is to be given."""
        patience_s = PATIENCE_S[rank] - waited_s
        if patience_s <= 0:
            return 0
        waiter = _Waiter()
        with self._lock:
            heapq.heappush(self._line, (rank, next(self._numbers), waiter))
            self._call()
        if waiter.gate.acquire(timeout=patience_s):
            return self.at_work
        with self._lock:
            if waiter.has_turn:
                return self.at_work
            self._line = [entry for entry in self._line if entry[2] is not waiter]
            heapq.heapify(self._line)
            return 0

    def give(self, rank: Rank, route: str, took_s: float, at_a_time: int) -> None:
        """The end of a turn; `at_a_time` as it was told when the turn began."""
        with self._lock:
            at_a_time = max(at_a_time, self.at_work)
            self._at_work[rank] -= 1
            self._limit.note(route, took_s, at_a_time)
            self._call()

    def _call(self) -> None:
        """Whoever may work, in order: one whose kind has its share lets others pass."""
        staying = []
        while self._line and self.at_work < self._limit.value:
            rank, number, waiter = heapq.heappop(self._line)
            if self._may_work(rank):
                self._at_work[rank] += 1
                waiter.has_turn = True
                waiter.gate.release()
            else:
                staying.append((rank, number, waiter))
        for entry in staying:
            heapq.heappush(self._line, entry)

    def _may_work(self, rank: Rank) -> bool:
        half = max(LEAST, self._limit.value // 2)
        if rank == Rank.WORKS:
            return self._at_work[rank] < half
        if rank == Rank.LOOKS:
            # Whoever is at work takes turns at the interpreter, at each word from the database: the fewer they are, the
            # sooner is done who pays.
            return self._at_work[Rank.PAYS] + self._at_work[Rank.HOLDS] == 0 or self.at_work < half
        return True
