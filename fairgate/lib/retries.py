"""How often something is tried again, so that many who try again do not keep down what is coming back up.

A retry is cheap while failures are rare and ruinous when everything fails: three tries each are three times the load
just when there is too much of it. So all that a client sends in one process share a budget: one retry for every ten
first tries, and a few for quiet times. After the retry budget of Finagle, and of Site Reliability Engineering (Beyer et
al., 2016, chapter 21, "Handling Overload").
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

SHARE = 0.1
# A database that is away for a moment cuts all connections of a process at once, each of which deserves a retry.
RESERVE = 20.0
BACK_PER_S = 1.0


class Retries:
    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._left = RESERVE
        self._now_s = now_s
        self._at = now_s()

    def tries(self, most: int) -> Iterator[int]:
        """Once, and then again as long as the caller goes on and the budget allows, `most` times in all."""
        self._earn(SHARE)
        yield 0
        for number in range(1, most):
            if not self.may():
                return
            yield number

    def may(self) -> bool:
        """Whether one more retry fits, which then counts."""
        with self._lock:
            now_s = self._now_s()
            self._left = min(RESERVE, self._left + (now_s - self._at) * BACK_PER_S)
            self._at = now_s
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def _earn(self, share: float) -> None:
        with self._lock:
            self._left = min(RESERVE, self._left + share)
