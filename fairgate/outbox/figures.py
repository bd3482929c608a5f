"""How much waits in the outbox, in the holds and at the broker; read by the relay from time to time. Without Django."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from prometheus_client.registry import Collector

from fairgate.lib.metrics import names
from fairgate.lib.metrics.figure import Read
from fairgate.lib.metrics.looks import Looks

EVERY_S = 5.0
# What waits is counted, which takes the longer the more it is. No more than this share of the time is spent on it.
SHARE = 0.05
QUEUES = ("effects", "housekeeping")
# By the indexes that hold open and parked rows alone. A row that waits to be tried again is old for its own reasons.
OUTBOX = """
SELECT count(*) FILTER (WHERE attempts = 0), count(*) FILTER (WHERE attempts > 0),
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at) FILTER (WHERE attempts = 0)), 0)::float,
       (SELECT count(*) FROM outbox_message WHERE parked_at IS NOT NULL)
  FROM outbox_message WHERE done_at IS NULL AND parked_at IS NULL
"""
HOLDS = "SELECT count(*) FROM stock_hold WHERE state = 'active'"


class Figures:
    def __init__(self, waiting: Callable[[str], int]) -> None:
        """`waiting` tells how many tasks a queue has."""
        self._waiting = waiting
        self._looks = Looks("outbox", "broker")
        self._next = 0.0
        read = (names.SOURCE_UP, names.OUTBOX, names.OUTBOX_OLDEST, names.HOLDS_ACTIVE, names.QUEUE)
        self.told: Sequence[Collector] = (
            Read(read, self._looks.read), names.OUTBOX_HINTS, names.HOLDS_EXPIRED
        )  # fmt: skip

    def look(self, database: psycopg.Connection[tuple[Any, ...]]) -> None:
        began = time.monotonic()
        if began < self._next:
            return
        with self._looks.at("outbox") as found:
            new, tried, oldest_s, parked = database.execute(OUTBOX).fetchone() or (0, 0, 0.0, 0)
            (active,) = database.execute(HOLDS).fetchone() or (0,)
            for state, count in (("new", new), ("tried", tried), ("parked", parked)):
                found.append((names.OUTBOX, (state,), count))
            found += [(names.OUTBOX_OLDEST, (), oldest_s), (names.HOLDS_ACTIVE, (), active)]
        now = time.monotonic()
        self._next = now + (now - began) / SHARE
        with self._looks.at("broker") as found:
            found += [(names.QUEUE, (queue,), self._waiting(queue)) for queue in QUEUES]
