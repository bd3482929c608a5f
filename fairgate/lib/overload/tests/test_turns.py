"""Who works next, and that nobody's turn gets lost."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from fairgate.lib.overload import turns as module
from fairgate.lib.overload.limit import LEAST, Limit
from fairgate.lib.overload.turns import PATIENCE_S, Rank, Turns
from fairgate.testing.waiting import wait_until

ROUTE = "/"


class Crowd:
    """Threads that want a turn, and note in which order they got it."""

    def __init__(self, most: int) -> None:
        self.turns = Turns(Limit(most))
        self.order: list[Rank] = []
        self._pool = ThreadPoolExecutor(64)
        self._in_line = 0

    def at_work(self, rank: Rank) -> Callable[[], None]:
        """One that has its turn; called, it gives it back."""
        assert self.turns.take(rank)
        return lambda: self.turns.give(rank, ROUTE, 0.001, 1)

    def come(self, *ranks: Rank) -> list[Future[None]]:
        """One behind the other."""
        done = []
        for rank in ranks:
            before = len(self.turns._line)
            done.append(self._pool.submit(self._work, rank))
            wait_until(lambda before=before: len(self.turns._line) > before)  # type: ignore[misc]
        return done

    def _work(self, rank: Rank) -> None:
        at_a_time = self.turns.take(rank)
        assert at_a_time
        self.order.append(rank)
        self.turns.give(rank, ROUTE, 0.001, at_a_time)


def test_who_pays_comes_first_then_who_holds_then_who_browses() -> None:
    crowd = Crowd(1)
    end = crowd.at_work(Rank.LOOKS)
    waiting = crowd.come(Rank.LOOKS, Rank.WORKS, Rank.HAS_BOUGHT, Rank.HOLDS, Rank.PAYS)

    end()
    for one in waiting:
        one.result(10)

    assert crowd.order == [Rank.PAYS, Rank.HOLDS, Rank.HAS_BOUGHT, Rank.WORKS, Rank.LOOKS]


def test_among_equals_it_is_first_come_first_served() -> None:
    turns = Turns(Limit(1))
    assert turns.take(Rank.LOOKS)
    order: list[int] = []

    def work(number: int) -> None:
        assert turns.take(Rank.LOOKS)
        order.append(number)
        turns.give(Rank.LOOKS, ROUTE, 0.001, 1)

    with ThreadPoolExecutor(5) as pool:
        for number in range(5):
            pool.submit(work, number)
            wait_until(lambda number=number: len(turns._line) == number + 1)  # type: ignore[misc]
        turns.give(Rank.LOOKS, ROUTE, 0.001, 1)

    assert order == [0, 1, 2, 3, 4]


def test_while_somebody_pays_few_browse() -> None:
    crowd = Crowd(8)
    paying = crowd.at_work(Rank.PAYS)
    for _ in range(3):
        crowd.at_work(Rank.LOOKS)
    waiting = crowd.come(Rank.LOOKS)

    at_work_meanwhile = crowd.turns.at_work
    paying()
    waiting[0].result(10)

    assert at_work_meanwhile == 4


def test_who_browses_does_not_keep_out_who_pays() -> None:
    crowd = Crowd(8)
    crowd.at_work(Rank.PAYS)
    for _ in range(3):
        crowd.at_work(Rank.LOOKS)
    crowd.come(Rank.LOOKS)

    assert crowd.turns.take(Rank.PAYS) == 5


def test_staff_have_half_of_the_turns_and_let_others_pass() -> None:
    crowd = Crowd(8)
    staff = [crowd.at_work(Rank.WORKS) for _ in range(4)]
    waiting = crowd.come(Rank.WORKS)

    others = crowd.turns.take(Rank.LOOKS)
    staff[0]()
    waiting[0].result(10)

    assert others == 5


def test_who_waited_too_long_at_the_door_gets_no_turn() -> None:
    turns = Turns(Limit(8))

    assert turns.take(Rank.LOOKS, waited_s=PATIENCE_S[Rank.LOOKS]) == 0
    assert turns.at_work == 0


def test_who_gives_up_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.PATIENCE_S, Rank.LOOKS, 0.05)
    crowd = Crowd(1)
    end = crowd.at_work(Rank.PAYS)

    assert crowd.turns.take(Rank.LOOKS) == 0
    end()

    assert crowd.turns.at_work == 0
    assert crowd.turns.take(Rank.LOOKS) == 1


def test_a_crowd_that_comes_and_gives_up_at_random_keeps_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns given at the very moment that somebody gives up must neither be lost nor be given twice."""
    for rank in Rank:
        monkeypatch.setitem(module.PATIENCE_S, rank, 0.004)
    turns = Turns(Limit(4))
    chance = random.Random(7)
    lock = threading.Lock()
    inside, most, worked = 0, 0, 0

    def work(rank: Rank, seconds: float) -> None:
        nonlocal inside, most, worked
        at_a_time = turns.take(rank)
        if not at_a_time:
            return
        with lock:
            inside += 1
            most = max(most, inside)
            worked += 1
        time.sleep(seconds)
        with lock:
            inside -= 1
        turns.give(rank, ROUTE, seconds, at_a_time)

    with ThreadPoolExecutor(32) as pool:
        for _ in range(3000):
            pool.submit(work, chance.choice(list(Rank)), chance.uniform(0, 0.003))

    assert LEAST <= most <= 4
    assert 0 < worked < 3000
    assert (turns.at_work, turns._line) == (0, [])
