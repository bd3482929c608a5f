"""Orders placed while others still hold: do they slow each other down?

The orders are placed by the core's own code, in a process of its own, from holds that the same run has just made.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from uuid import UUID, uuid4

import psycopg
import stock_lanes
from sale import Sale
from stock_figures import Run
from stock_server import Database

from fairgate.stock.engine import HOLD_TTL

CONNECTIONS = 4
CHUNK = 500
# By their end, so in the order in which they were made, through the index that the lanes use themselves.
HOLDS = (
    "SELECT id, expires_at FROM stock_hold WHERE event_id = %s AND state = 'active'"
    " AND expires_at > %s ORDER BY expires_at LIMIT %s"
)


@dataclass(frozen=True)
class Both:
    holds: Run
    orders_per_s: float


def hold_and_order(database: Database, sale: Sale, clients: int, seconds: float, orders_per_s: float | None) -> Both:
    """Holds of many clients, and meanwhile orders: so many a second, or without a pause (None), or none at all (0)."""
    if orders_per_s == 0:
        return Both(stock_lanes.hold(database, sale, clients, seconds), 0.0)
    with ProcessPoolExecutor(1) as apart, ProcessPoolExecutor(1) as core:
        core.submit(_start_django, database).result()
        holds = stock_lanes.start(apart, database, sale, clients, seconds)
        orders = core.submit(_order, database, sale, seconds + stock_lanes.WARM_UP_S, orders_per_s)
        return Both(holds.result(), orders.result())


def _start_django(database: Database) -> None:
    """Before anything is measured: it takes a second of processor time."""
    os.environ.update(database.environment())
    import django

    django.setup()
    import_module("fairgate.orders.place")


def _order(database: Database, sale: Sale, seconds: float, orders_per_s: float | None) -> float:
    """How many orders a second were placed."""
    waiting = _Holds(database, sale)
    time.sleep(stock_lanes.WARM_UP_S / 2)
    began = time.perf_counter()
    ends = began + seconds - stock_lanes.WARM_UP_S / 2
    pause = 0.0 if orders_per_s is None else CONNECTIONS / orders_per_s
    with_orders: list[int] = []
    threads = [threading.Thread(target=_place, args=(waiting, ends, pause, with_orders)) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(with_orders) / (time.perf_counter() - began)


def _place(waiting: _Holds, ends: float, pause: float, placed: list[int]) -> None:
    from fairgate.orders.place import Buyer, place_order
    from fairgate.payments.models import Method

    number, due = 0, time.perf_counter()
    while time.perf_counter() < ends:
        key = uuid4().hex
        buyer = Buyer(f"ben-{key}@example.org", "Ben Buyer", ("Ben Buyer",))
        place_order(waiting.next(), key=key, buyer=buyer, method=Method.FREE)
        number += 1
        due += pause
        time.sleep(max(0.0, due - time.perf_counter()))
    placed.append(number)


class _Holds:
    """The run's own holds, oldest first; who comes before any is there waits for it."""

    def __init__(self, database: Database, sale: Sale) -> None:
        self._connection = psycopg.connect(database.url, autocommit=True)
        self._event = sale.event
        self._after = database.ask(f"SELECT clock_timestamp() + interval '{HOLD_TTL.total_seconds()} s'")
        self._known: deque[UUID] = deque()
        self._lock = threading.Lock()

    def next(self) -> UUID:
        with self._lock:
            while not self._known:
                rows = self._connection.execute(HOLDS, (self._event, self._after, CHUNK)).fetchall()
                if not rows:
                    time.sleep(0.01)
                    continue
                self._known.extend(hold for hold, _ in rows)
                self._after = rows[-1][1]
            return self._known.popleft()
