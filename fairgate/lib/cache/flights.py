"""Of the threads of one process that want the same, one goes; the others get what it brings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Flight:
    def __init__(self) -> None:
        self.landed = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None


class Flights:
    def __init__(self) -> None:
        self._flights: dict[str, Flight] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> tuple[Flight, bool]:
        """The flight to this key, and whether the caller is the one who goes."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None:
                return flight, False
            flight = self._flights[key] = Flight()
            return flight, True

    def fly(self, key: str, flight: Flight, work: Callable[[], T]) -> T:
        try:
            value = flight.value = work()
            return value
        except BaseException as error:
            flight.error = error
            raise
        finally:
            with self._lock:
                if self._flights.get(key) is flight:
                    del self._flights[key]
            flight.landed.set()

    def wait(self, flight: Flight) -> Any:
        flight.landed.wait()
        if flight.error is not None:
            raise flight.error
        return flight.value

    def forget(self) -> None:
        """Whoever comes now starts anew: what is under way may be from before a change."""
        with self._lock:
            self._flights.clear()
