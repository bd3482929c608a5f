"""Counts of what people were told: nothing is lost, whoever writes at once; and the ledger tells each minute."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from fairgate.lib import clock
from fairgate.stock import ledger
from fairgate.stock.engine import release_hold
from fairgate.stock.models import MinuteCount, Move
from fairgate.stock.pulse import Pulse, as_minute
from fairgate.stock.tasks import forget_minute_counts
from fairgate.testing.cast import Concert, hold, make_stalls
from fairgate.testing.waiting import wait_until

EVENT = 7_000_000_001


@pytest.fixture
def url(transactional_db: None) -> str:
    its = connection.settings_dict
    return f"postgresql://{its['USER']}:{its['PASSWORD']}@{its['HOST']}:{its['PORT']}/{its['NAME']}"


@contextmanager
def connect(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, autocommit=True) as conn:
        yield conn


def counts() -> dict[str, int]:
    told: dict[str, int] = {}
    for row in MinuteCount.objects.filter(event_id=EVENT):
        told[row.what] = told.get(row.what, 0) + row.count
    return told


def test_what_two_processes_counted_is_added_up(url: str) -> None:
    ours, theirs = Pulse(lambda: connect(url)), Pulse(lambda: connect(url))
    for one in (ours, theirs):
        for _ in range(3):
            one.told(EVENT, "sold-out", 0.003)
        one.told(EVENT, "held", 7.0)

    threads = [threading.Thread(target=one.stop) for one in (ours, theirs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts() == {"sold-out": 6, "held": 2, "ms-50": 6, "ms-more": 2}


def test_of_views_the_highest_counts(url: str) -> None:
    counting = Pulse(lambda: connect(url))
    for number in (40, 90, 60):
        counting.viewed(EVENT, number)
        counting.write()
    counting.stop()

    assert counts() == {"views": 90}


def test_counts_wait_for_a_database_that_is_away(url: str) -> None:
    is_away = True

    @contextmanager
    def sometimes() -> Iterator[psycopg.Connection[Any]]:
        if is_away:
            raise psycopg.OperationalError
        with connect(url) as conn:
            yield conn

    counting = Pulse(sometimes)
    counting.told(EVENT, "busy", 5.0)
    counting.write()
    is_away = False
    counting.told(EVENT, "busy", 5.0)
    counting.stop()

    assert counts() == {"busy": 2, "ms-5000": 2}


def test_counts_are_written_without_being_asked(url: str) -> None:
    counting = Pulse(lambda: connect(url))
    counting.told(EVENT, "held", 0.01)

    deadline = time.monotonic() + 30
    while not MinuteCount.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    counting.stop()

    assert counts() == {"held": 1, "ms-50": 1}


def test_the_thread_that_writes_ends_with_the_pool_of_its_service(url: str) -> None:
    pool = ConnectionPool(url, min_size=1, open=True)
    pulse = Pulse(pool.connection)
    pulse.count(EVENT, "held")
    (writer,) = [thread for thread in threading.enumerate() if thread is pulse._writer]

    pool.close()
    pulse.count(EVENT, "held")

    wait_until(lambda: not writer.is_alive())


def test_old_counts_are_forgotten(db: None) -> None:
    now = as_minute(clock.now())
    for age in (0, 47 * 60, 49 * 60):
        MinuteCount.objects.create(event_id=EVENT, minute=now - age, what="held", count=1)

    forget_minute_counts()

    assert sorted(now - row.minute for row in MinuteCount.objects.filter(event_id=EVENT)) == [0, 47 * 60]


def test_the_ledger_tells_each_minute(concert: Concert, monkeypatch: pytest.MonkeyPatch) -> None:
    """Halved to the last move, so that every step of the search counts."""
    monkeypatch.setattr(ledger, "NEAR_ENOUGH", 1)
    stalls = make_stalls(concert)
    first = hold((concert.standard, 2), (stalls, 3))
    for _ in range(6):
        hold((concert.free, 1))
    with connection.cursor() as cursor:
        release_hold(cursor, first.hold)
    now = as_minute(clock.now())
    for move in Move.objects.filter(quota=concert.quota):
        # The oldest six minutes ago, then one a minute; the last two are the hold's end and now.
        Move.objects.filter(pk=move.pk).update(at=clock.now() - timedelta(minutes=max(8 - move.seq, 0)))

    with connection.cursor() as cursor:
        found = ledger.flow(cursor, concert.event.pk, now - 4, now + 2)
        everything = ledger.flow(cursor, concert.event.pk, now - 60, now + 2)

    def tickets(kind: str, flows: list[ledger.Flow]) -> int:
        return sum(one.tickets for one in flows if one.kind == kind)

    assert tickets("hold", everything) == 2 + 3 + 6
    assert tickets("release", everything) == 2 + 3
    # The stalls' three moved just now; of the concert's, only those of four minutes.
    assert tickets("hold", found) == 3 + len([seq for seq in range(2, 8) if 8 - seq <= 4])
