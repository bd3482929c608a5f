"""A lane under pressure: who is told to come again, and that nobody who was told so has taken a place."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from fairgate.lib import env
from fairgate.lib.retries import RESERVE
from fairgate.services.stock import lane as module
from fairgate.services.stock import waiting as waits
from fairgate.services.stock.lane import Lane
from fairgate.services.stock.store import Store
from fairgate.services.stock.waiting import Busy, InThread
from fairgate.stock.actions import resize_quota
from fairgate.stock.engine import Answer, HoldRequest, Item, Outcome
from fairgate.stock.models import Hold
from fairgate.testing.cast import Concert
from fairgate.testing.waiting import wait_until


@pytest.fixture
def store(settings_here: env.Settings) -> Iterator[Store]:
    store = Store(settings_here.database_url, 4)
    yield store
    store.close()


@pytest.fixture
def lane(concert: Concert, store: Store) -> Lane:
    return Lane(concert.event.pk, store.connect)


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as pool:
        yield pool


@contextmanager
def locked(concert: Concert, settings: env.Settings) -> Iterator[None]:
    """Somebody else has the places locked, so a transaction of the lane takes as long."""
    with psycopg.connect(settings.database_url) as conn:
        conn.execute("SELECT 1 FROM stock_quota WHERE id = %s FOR UPDATE", (concert.quota.pk,))
        yield


def request_for(concert: Concert) -> HoldRequest:
    return HoldRequest(concert.event.pk, (Item(concert.free.pk, 1),), uuid.uuid4(), uuid.uuid4())


def ask(crowd: ThreadPoolExecutor, lane: Lane, concert: Concert, request: HoldRequest | None = None) -> Future[Answer]:
    waiting = len(lane._line)
    is_first = not lane._is_running
    future = crowd.submit(lane.hold, request or request_for(concert))

    def is_where_it_belongs() -> bool:
        return lane._is_running and not lane._line if is_first else len(lane._line) > waiting

    wait_until(lambda: future.done() or is_where_it_belongs())
    return future


def test_who_waited_too_long_is_told_so_and_takes_nothing(
    lane: Lane,
    concert: Concert,
    settings_here: env.Settings,
    crowd: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waits, "PATIENCE_S", 0.2)
    of_the_first = request_for(concert)
    with locked(concert, settings_here):
        first = ask(crowd, lane, concert, of_the_first)
        others = [ask(crowd, lane, concert) for _ in range(5)]
        assert [type(other.exception(10)) for other in others] == [Busy] * 5
        assert isinstance(first.exception(10), Busy)
    wait_until(lambda: not lane._is_running)

    assert lane.hold(of_the_first).outcome == Outcome.REPEAT  # Its transaction was on its way.
    assert Hold.objects.count() == 1


def test_a_request_that_nobody_waits_for_is_dropped_before_the_batch(lane: Lane, concert: Concert) -> None:
    """As after a process stood still: everyone in line is past the deadline before its own thread can say so."""
    late, fresh = InThread(request_for(concert)), InThread(request_for(concert))
    late.deadline = time.monotonic() - 1
    lane._line.extend([late, fresh])

    assert lane._next_batch() == ([fresh], [late])
    assert isinstance(late.error, Busy)


def test_who_waited_at_the_door_has_less_patience_left(lane: Lane, concert: Concert) -> None:
    with pytest.raises(Busy):
        asyncio.run(lane.ask(request_for(concert), waited_s=waits.PATIENCE_S + 1))

    assert Hold.objects.count() == 0


def test_a_database_that_is_gone_is_not_asked_three_times_by_everyone(concert: Concert) -> None:
    asked = []

    @contextmanager
    def gone() -> Iterator[psycopg.Connection[Any]]:
        asked.append(1)
        raise psycopg.OperationalError("the server closed the connection")
        yield

    lane = Lane(concert.event.pk, gone)
    for _ in range(100):
        with pytest.raises(Busy):
            lane.hold(request_for(concert))

    assert 100 < len(asked) <= 100 * 1.1 + RESERVE + 5


def test_more_work_than_two_seconds_is_refused_at_once(
    lane: Lane,
    concert: Concert,
    settings_here: env.Settings,
    crowd: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_BATCH", 2)
    monkeypatch.setattr(module, "MAX_WORK_S", 0.3)
    with locked(concert, settings_here):
        slow = ask(crowd, lane, concert)
        time.sleep(0.2)
    assert slow.result(10).outcome == Outcome.HELD
    wait_until(lambda: not lane._is_running)

    with locked(concert, settings_here):
        leading = ask(crowd, lane, concert)
        in_line = [ask(crowd, lane, concert) for _ in range(4)]
        with pytest.raises(Busy):
            lane.hold(request_for(concert))
        assert not any(one.done() for one in in_line)

    assert {one.result(10).outcome for one in [leading, *in_line]} == {Outcome.HELD}


def test_arrival_decides(lane: Lane, concert: Concert, settings_here: env.Settings, crowd: ThreadPoolExecutor) -> None:
    """One place is left to be had: the first in line has it, whatever thread wakes first."""
    resize_quota(concert.quota, capacity=2, by=None)
    with locked(concert, settings_here):
        got = [ask(crowd, lane, concert) for _ in range(8)]

    assert [one.result(10).outcome for one in got] == [Outcome.HELD] * 2 + [Outcome.SOLD_OUT] * 6
