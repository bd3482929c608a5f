"""Someone who sells or buys without the door, in this process. Needs Django."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import psycopg
from django.db import DatabaseError, InterfaceError, connection

from fairgate.services.stock.waiting import Busy
from tests.faults.errand import Errand, persist
from tests.faults.gauge import By, Gauge
from tests.faults.history import Asked, Recorder

# After any of these what happened is unknown.
LOST = (psycopg.Error, DatabaseError, InterfaceError, Busy)


class Insider:
    def __init__(self, errand: Errand, name: str, number: int, recorder: Recorder, gauge: Gauge) -> None:
        self._name, self._number, self._offer = name, number, errand.offer
        self._recorder, self._gauge = recorder, gauge
        self._chance = random.Random(f"{errand.seed} {name}")
        self.operations = self.done = 0

    def _persist(self, record: Callable[[], object], ask: Callable[[Asked], None]) -> None:
        def once() -> bool:
            with record() as asked:  # type: ignore[attr-defined]
                self.operations += 1
                self._gauge.clients[self._number] = By.STOCK
                try:
                    ask(asked)
                except LOST as error:
                    asked.unknown(type(error).__name__)
                    with suppress(*LOST):
                        connection.close()
                    return False
                finally:
                    self._gauge.clients[self._number] = 0
                self.done += asked.operation().is_done
            return True

        persist(once, self._chance)
