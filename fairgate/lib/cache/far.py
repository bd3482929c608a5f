"""The server that all processes share, behind one small interface; and what is done while it is away."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from fairgate.lib import logs

# Far is worth asking only while it is faster than the database.
CONNECT_S, ANSWER_S = 0.1, 0.1
# After an error nobody asks for so long, then one does; each time it fails again, twice as long.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0
CONNECTIONS = 64

R = TypeVar("R")


class Away(Exception):
    """The server does not answer, or did not a moment ago."""


class Store(Protocol):
    """A dictionary with lifetimes. Raises one of `errors` when the server does not answer."""

    errors: tuple[type[Exception], ...]

    def read(self, keys: Sequence[str]) -> list[bytes | None]: ...

    def write(self, values: Mapping[str, bytes], seconds: float) -> None: ...

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """False when it is there already."""
        ...

    def delete(self, key: str) -> None: ...

    def hang_up(self) -> None:
        """Drop the connections that nobody uses now."""
        ...


class Far:
    """A store and its fuse: whoever finds it away says so to all, so that nobody else waits for it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._failures = 0
        self._ask_again_at = 0.0

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        return self._ask(lambda: self._store.read(keys))

    def write(self, values: Mapping[str, bytes], seconds: float) -> None:
        self._ask(lambda: self._store.write(values, seconds))

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        return self._ask(lambda: self._store.add(key, value, seconds))

    def delete(self, key: str) -> None:
        self._ask(lambda: self._store.delete(key))

    def _ask(self, question: Callable[[], R]) -> R:
        if not self._may_ask():
            raise Away
        try:
            answer = question()
        except self._store.errors as error:
            self._note_failure(error)
            raise Away from error
        if self._failures:
            self._note_recovery()
        return answer

    def _may_ask(self) -> bool:
        """While it was away, one at a time: who asks moves the next question on for all others."""
        if not self._failures:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._ask_again_at:
                return False
            self._ask_again_at = now + LONGEST_PAUSE_S
            return True

    def _note_failure(self, error: Exception) -> None:
        # After a restart each of them would fail once, and look as if the server were still away.
        self._store.hang_up()
        with self._lock:
            self._failures += 1
            pause_s = min(FIRST_PAUSE_S * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE_S)
            self._ask_again_at = time.monotonic() + pause_s * random.uniform(0.5, 1)
            is_first = self._failures == 1
        if is_first:
            logs.log.warning("cache_away", error=type(error).__name__)

    def _note_recovery(self) -> None:
        with self._lock:
            failures, self._failures = self._failures, 0
        if failures:
            logs.log.info("cache_back", failures=failures)
