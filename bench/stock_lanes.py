"""Group commit without HTTP: the lanes of the stock service, and threads that wait for them as its requests would.

All of it runs in a process of its own, so that its processor time is told apart from PostgreSQL's.
"""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from statistics import mean
from uuid import uuid4

import report
from sale import Sale
from stock_figures import Run, Window, each
from stock_server import Database

WARM_UP_S = 0.7
LANES = "lanes and clients"
# Long enough for all that waits to be answered.
END_S = 60


@dataclass
class Sold:
    """What one client was granted and refused, and how long each answer took."""

    granted: int = 0
    refused: int = 0
    taken: int = 0
    began: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)


def hold(database: Database, sale: Sale, clients: int, seconds: float) -> Run:
    """Many clients, one place each, as fast as they are answered."""
    with ProcessPoolExecutor(1) as apart:
        return start(apart, database, sale, clients, seconds).result()


def start(apart: ProcessPoolExecutor, database: Database, sale: Sale, clients: int, seconds: float) -> Future[Run]:
    return apart.submit(_hold, database, sale, clients, seconds)


def sell_out(database: Database, sale: Sale, clients: int) -> list[tuple[float, int]]:
    """Until the last place is gone: when, and how many places, in the order of time. Baskets of one to four."""
    with ProcessPoolExecutor(1) as apart:
        return apart.submit(_sell_out, database, sale, clients).result()


def grow(database: Database, sale: Sale, clients: int, ticks: int, tick: int) -> list[float]:
    """So many times so many holds: the rate of each."""
    with ProcessPoolExecutor(1) as apart:
        return apart.submit(_grow, database, sale, clients, ticks, tick).result()


def _hold(database: Database, sale: Sale, clients: int, seconds: float) -> Run:
    before = _taken(database, sale)
    pids = {**database.pids, LANES: [os.getpid()]}
    stop = threading.Event()
    with _Clients(database, sale, clients, stop.is_set) as running:
        time.sleep(WARM_UP_S)
        window = Window(pids)
        time.sleep(seconds)
        window.close()
        stop.set()
    took = [
        took
        for sold in running.sold
        for at, took in zip(sold.began, sold.took, strict=True)
        if window.began <= at + took < window.ended
    ]
    taken = sum(sold.taken for sold in running.sold)
    return Run(
        rate=len(took) / window.seconds,
        mean_ms=mean(took) * 1000,
        p50_ms=report.percentile(took, 0.5) * 1000,
        p99_ms=report.percentile(took, 0.99) * 1000,
        cpu_ms=each(window.spent_ms, len(took)),
        wrong=abs(_taken(database, sale) - before - taken) + sum(sold.refused for sold in running.sold),
        requests=len(took),
        others_share=window.others_share,
    )


def _sell_out(database: Database, sale: Sale, clients: int) -> list[tuple[float, int]]:
    quantities = random.Random(1)
    gone = threading.Event()
    grants: list[tuple[float, int]] = []
    capacity = database.ask(f"SELECT capacity FROM stock_quota WHERE id = {sale.quota}")

    def note(at: float, taken: int) -> None:
        grants.append((at, taken))

    def basket() -> int:
        return quantities.choice((1, 1, 2, 2, 2, 3, 4))

    with _Clients(database, sale, clients, gone.is_set, quantity=basket, note=note):
        while _taken(database, sale) < capacity:
            time.sleep(0.1)
        gone.set()
    return sorted(grants)


def _grow(database: Database, sale: Sale, clients: int, ticks: int, tick: int) -> list[float]:
    done = threading.Event()
    numbers = itertools.count(1)
    ends: list[float] = []

    def note(at: float, _taken: int) -> None:
        if next(numbers) % tick == 0:
            ends.append(at)
            if len(ends) > ticks:
                done.set()

    with _Clients(database, sale, clients, done.is_set, note=note):
        done.wait()
    return [tick / (after - before) for before, after in itertools.pairwise(ends)][:ticks]


class _Clients:
    """Threads that ask until they may stop; leaving the block waits for their last answers."""

    def __init__(
        self,
        database: Database,
        sale: Sale,
        clients: int,
        may_stop: Callable[[], bool],
        *,
        quantity: Callable[[], int] = lambda: 1,
        note: Callable[[float, int], None] = lambda _at, _taken: None,
    ) -> None:
        from fairgate.services.stock import LANE_CONNECTIONS
        from fairgate.services.stock.lane import Lanes
        from fairgate.services.stock.store import Store

        self._store = Store(database.url, LANE_CONNECTIONS)
        self._lanes = Lanes(self._store.connect)
        self._sale = sale
        self._may_stop = may_stop
        self._quantity = quantity
        self._note = note
        self.sold = [Sold() for _ in range(clients)]
        self._threads = [threading.Thread(target=self._ask, args=(sold,), daemon=True) for sold in self.sold]

    def __enter__(self) -> _Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for thread in self._threads:
            thread.join(END_S)
        self._store.close()

    def _ask(self, sold: Sold) -> None:
        from fairgate.stock.engine import HoldRequest, Item, Outcome

        event, ticket_type = self._sale.event, self._sale.ticket_types[0]
        while not self._may_stop():
            quantity, key = self._quantity(), uuid4()
            began = time.perf_counter()
            answer = self._lanes.hold(HoldRequest(event, (Item(ticket_type, quantity),), key, key))
            ended = time.perf_counter()
            if answer.outcome != Outcome.HELD:
                sold.refused += 1
                continue
            sold.taken += quantity
            sold.began.append(began)
            sold.took.append(ended - began)
            self._note(ended, quantity)


def _taken(database: Database, sale: Sale) -> int:
    return int(database.ask(f"SELECT taken FROM stock_quota WHERE id = {sale.quota}"))
