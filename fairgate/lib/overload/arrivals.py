"""How long ago a request came to the door, which may be on another machine, whose clock may be wrong."""

from __future__ import annotations

import time

WINDOW_S = 60.0


class Arrivals:
    """Two clocks differ by a constant, and the quickest request of the last minute or two shows it: what it took is
    taken off all. After the base delay of LEDBAT (RFC 6817, section 3.4.2). What two threads do to it at once is
    harmless.
    """

    def __init__(self) -> None:
        self._least_before = float("inf")
        self._least = float("inf")
        self._ends = 0.0

    def waited_s(self, told: str | None, now_s: float | None = None) -> float:
        """0 where no door tells. `told`: its X-Request-Start, a name that proxies commonly use, with the milliseconds
        since 1970 when it heard the request.
        """
        if not told or not told.isascii() or not told.isdigit():
            return 0.0
        now_s = time.time() if now_s is None else now_s
        difference = now_s - int(told) / 1000
        if now_s >= self._ends:
            self._least_before, self._least, self._ends = self._least, float("inf"), now_s + WINDOW_S
        self._least = min(self._least, difference)
        return difference - min(self._least, self._least_before)
