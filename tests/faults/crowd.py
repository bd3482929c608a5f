"""People who buy one after the other while things break, and what they were promised."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.asking import Answer, Client
from tests.ben import Bought, bought, hold, new_key, order, persist
from tests.olga import OnSale

BUYERS = 5
# So that the mails keep up: the workers of the whole installation share two cores with the crowd.
PAUSE_S = 0.25
# Every so many purchases end with the hold.
LEAVES_EVERY = 4


class Crowd:
    def __init__(self, port: int, event: OnSale) -> None:
        self._port, self._event = port, event
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._keep_buying, name=f"buyer{n}") for n in range(BUYERS)]
        self.in_flight = 0
        self.kept: list[Any] = []
        self.bought: list[Bought] = []
        self.lost: list[str] = []
        self.failures: list[BaseException] = []

    @contextmanager
    def buying(self) -> Iterator[Crowd]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._is_over.set()
            for thread in self._threads:
                thread.join()

    def _keep_buying(self) -> None:
        try:
            with Client(self._port) as client:
                number = 0
                while not self._is_over.is_set():
                    number += 1
                    self._purchase(client, leaves=number % LEAVES_EVERY == 0)
                    self._is_over.wait(PAUSE_S)
        except BaseException as error:
            self.failures.append(error)
            raise

    def _purchase(self, client: Client, *, leaves: bool) -> None:
        key, order_key, email = new_key(), new_key(), f"chaos-{uuid.uuid4().hex}@example.org"
        held = self._persist(lambda: hold(client, self._event, 2, key))
        assert held.status == 201, held.text
        self.kept.append(held.json)
        if leaves:
            return
        placed = self._persist(lambda: order(client, held.json, email=email, key=order_key))
        assert placed.status == 201, placed.text
        self.bought.append(bought(held.json, placed, email))

    def _persist(self, ask: Callable[[], Answer]) -> Answer:
        with self._lock:
            self.in_flight += 1
        try:
            return persist(ask, self.lost)
        finally:
            with self._lock:
                self.in_flight -= 1
