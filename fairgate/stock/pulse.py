"""What people who asked for places were told in each minute, and how quickly: for the on-sale page. No Django.

Refusals leave no row behind, so the processes that give them count them, and one thread of each writes its counts about
once a second: no request waits for that, and no row that a hold locks is touched. A process that is killed takes
the counts of its last second with it. Nothing is decided by these figures.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg_pool import PoolClosed

from fairgate.lib import logs
from fairgate.lib.database import Executor

EVERY_S = 1.0
# While the database is away so many counts are kept; more would be an hour of it.
MOST_KEPT = 10_000
# How long an answer took, to the next of these (in milliseconds); beyond the last it is "ms-more".
STEPS_MS = (50, 100, 250, 500, 1000, 2500, 5000)
SPEEDS = (*(f"ms-{step}" for step in STEPS_MS), "ms-more")
VIEWS = "views"

# All processes write their rows in one order, so that no two wait for each other in a circle. A disk that is slow to
# confirm is not waited for: what a crash of the database takes is the last second, as a crash of ours would.
WRITE = """
INSERT INTO stock_minutecount (event_id, minute, what, count)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[]) AS told(event, minute, what, count)
 ORDER BY event, minute, what
ON CONFLICT (event_id, minute, what) DO UPDATE SET count = CASE
    WHEN excluded.what = 'views' THEN greatest(stock_minutecount.count, excluded.count)
    ELSE stock_minutecount.count + excluded.count END
"""
READ = "SELECT minute, what, count FROM stock_minutecount WHERE event_id = %s AND minute >= %s"

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
Key = tuple[int, int, str]


@dataclass(frozen=True)
class MinuteOf:
    """`minute` is the Unix time in minutes."""

    minute: int
    what: str
    count: int


def minute_of(at: float) -> int:
    return int(at // 60)


def read(db: Executor, event: int, since: int) -> list[MinuteOf]:
    return [MinuteOf(*row) for row in db.execute(READ, (event, since)).fetchall()]


def speed(seconds: float) -> str:
    """The name under which an answer of so many seconds is counted."""
    return SPEEDS[bisect_left(STEPS_MS, seconds * 1000)]


class Pulse:
    """Counts of this process. Any thread may count; the thread that writes is started by the first count."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()
        self._views: dict[Key, int] = {}
        self._writer: threading.Thread | None = None
        self._stopped = threading.Event()

    def told(self, event: int, what: str, seconds: float) -> None:
        minute = minute_of(time.time())
        with self._lock:
            self._counts[event, minute, what] += 1
            self._counts[event, minute, speed(seconds)] += 1
            is_first = self._writer is None
        if is_first:
            self._start()

    def count(self, event: int, what: str) -> None:
        with self._lock:
            self._counts[event, minute_of(time.time()), what] += 1
        self._start()

    def viewed(self, event: int, a_minute: int) -> None:
        """So many looked at its page within a minute; of several tellings the highest counts."""
        key = event, minute_of(time.time()), VIEWS
        with self._lock:
            self._views[key] = max(self._views.get(key, 0), a_minute)
        self._start()

    def write(self) -> None:
        """Hand everything to the database. What it does not take is kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            views, self._views = self._views, {}
        if not counts and not views:
            return
        try:
            self._send([*counts.items(), *views.items()])
        except PoolClosed:  # For good: its service has ended, and so do we.
            self._stopped.set()
        except Exception as error:  # Busy, a pool without connections, a database that is away: none of it ends us.
            logs.log.warning("counts_kept", error=type(error).__name__)
            self._keep(counts, views)

    def _send(self, rows: Sequence[tuple[Key, int]]) -> None:
        events, minutes, whats = zip(*(key for key, _ in rows), strict=True)
        numbers = [number for _, number in rows]
        with self._connect() as conn, conn.transaction():
            conn.execute("SET LOCAL synchronous_commit = off")
            conn.execute(WRITE, (list(events), list(minutes), list(whats), numbers))

    def _keep(self, counts: Counter[Key], views: dict[Key, int]) -> None:
        with self._lock:
            if len(self._counts) < MOST_KEPT:
                self._counts.update(counts)
            for key, number in views.items():
                self._views[key] = max(self._views.get(key, 0), number)

    def _start(self) -> None:
        with self._lock:
            if self._writer is not None:
                return
            self._writer = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._writer.start()

    def stop(self) -> None:
        """Write what there is, and nothing more."""
        self._stopped.set()
        self.write()

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_S):
            self.write()


def as_minute(at: datetime) -> int:
    return minute_of(at.timestamp())
