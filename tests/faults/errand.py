"""What the processes of a crowd are told as they start, and how their threads are run."""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from tests.faults.gauge import Gauge
from tests.faults.history import Recorder

PATIENCE_S = 60.0
PAUSE_S = 0.05
PUBLISH_S = 0.1


@dataclass(frozen=True)
class Offer:
    """All is free of charge. A standard ticket takes a place of the hall and one of the balcony."""

    name: str
    event: int
    standard: int
    standing: int
    stalls: int
    hall: int
    balcony: int
    # Of the stalls.
    seats: tuple[int, ...]

    @property
    def address(self) -> str:
        return f"/api/v1/shop/{self.name}/concert/holds"


@dataclass(frozen=True)
class Errand:
    offer: Offer
    seed: int
    clients: int
    port: int
    history: str
    gauge: str

    def as_argument(self) -> str:
        return json.dumps(asdict(self))


def read_errand(argument: str) -> Errand:
    facts = json.loads(argument)
    offer = facts.pop("offer")
    offer["seats"] = tuple(offer["seats"])
    return Errand(offer=Offer(**offer), **facts)


class Client(Protocol):
    operations: int
    done: int

    def act(self) -> None: ...


class Crowd:
    """Clients, each in a thread of its own, until they are told to stop. Then each gets its last answer."""

    def __init__(self, clients: Sequence[Client], gauge: Gauge) -> None:
        self._clients, self._gauge = clients, gauge
        self._is_over = threading.Event()
        self._failure: BaseException | None = None
        self._threads = [threading.Thread(target=self._go_on, args=(client,)) for client in clients]
        self._publisher = threading.Thread(target=self._publish, daemon=True)

    def start(self) -> None:
        for thread in (*self._threads, self._publisher):
            thread.start()

    def stop(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        self._publisher.join()
        if self._failure is not None:
            raise self._failure

    def _go_on(self, client: Client) -> None:
        try:
            while not self._is_over.is_set():
                client.act()
        except BaseException as error:
            self._failure = error
            raise

    def _publish(self) -> None:
        while True:
            self._gauge.publish(*(sum(getattr(c, name) for c in self._clients) for name in ("operations", "done")))
            if self._is_over.is_set() and not any(thread.is_alive() for thread in self._threads):
                return
            time.sleep(PUBLISH_S)


def persist(ask: Callable[[], bool], chance: random.Random) -> None:
    """Ask until there is an answer; but not for ever."""
    deadline = time.monotonic() + PATIENCE_S
    while not ask() and time.monotonic() < deadline:
        time.sleep(PAUSE_S * chance.uniform(0.5, 2))


def wait_for_the_end() -> None:
    """Whoever started us says so, or has gone."""
    sys.stdin.readline()


def recorder_of(errand: Errand) -> Recorder:
    return Recorder(Path(errand.history))
