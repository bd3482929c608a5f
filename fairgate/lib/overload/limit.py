"""How many requests a process works on at a time, found from what more of them do to the time that each takes.

As long as requests take about as long as they do (almost) alone, one more at a time is harmless and the limit grows.
When they take longer they only wait for each other, for the interpreter or for the database, and it shrinks. After
Gradient2 of Netflix's concurrency-limits ("Performance Under Load", 2018), with two changes. Each route is compared
with itself, as a ticket's PDF takes ten times as long as a page. And the comparison is not an average over the past,
which a long overload would pull up, but what the route takes while no more than LEAST are at work. Where that never
comes by itself, it is brought about for a moment from time to time, as BBR does to learn the shortest way of a
connection (Cardwell et al., 2016, ProbeRTT).
"""

from __future__ import annotations

from dataclasses import dataclass

# Two at a time keep the interpreter busy while one waits for the database.
LEAST = 2
# So many times as long as alone is no sign of a queue.
TOLERANCE = 1.2
# The least part of the limit that one window leaves.
SHARPEST = 0.5
# Requests after which the limit is thought over.
WINDOW = 40
# So many windows in a row without one that was alone, and one is for learning.
BLIND_WINDOWS = 50
# Of a new sample in what a route takes alone, and of a new limit in the limit: one outlier moves neither far.
WEIGHT_ALONE = 0.05
WEIGHT = 0.3


@dataclass
class _Window:
    """Seconds of work, as they were and as they would have been alone."""

    count: int = 0
    took_s: float = 0.0
    alone_s: float = 0.0
    is_used: bool = False
    has_alone: bool = False


class Limit:
    """Not for several threads at once: its owner holds a lock."""

    def __init__(self, most: int) -> None:
        self._most = float(most)
        self._least = float(min(LEAST, most))
        self._exact = self._most
        self._alone_s: dict[str, float] = {}
        self._window = _Window()
        self._blind = 0

    @property
    def value(self) -> int:
        return round(self._least if self._is_learning else self._exact)

    @property
    def most(self) -> int:
        return round(self._most)

    @property
    def _is_learning(self) -> bool:
        return self._blind >= BLIND_WINDOWS

    def note(self, route: str, took_s: float, at_a_time: int) -> None:
        """One request is done; `at_a_time` were at work with it when it began or when it ended, whichever was more."""
        window = self._window
        if at_a_time <= self._least:
            before = self._alone_s.get(route, took_s)
            self._alone_s[route] = before + WEIGHT_ALONE * (took_s - before)
            window.has_alone = True
        window.count += 1
        if route in self._alone_s:
            window.took_s += took_s
            window.alone_s += self._alone_s[route]
        window.is_used = window.is_used or at_a_time >= self.value
        if window.count >= WINDOW:
            self._adapt(window)
            self._window = _Window()

    def _adapt(self, window: _Window) -> None:
        if not self._is_learning:
            self._exact = self._next(window)
        self._blind = 0 if window.has_alone else self._blind + 1

    def _next(self, window: _Window) -> float:
        gradient = TOLERANCE * window.alone_s / window.took_s if window.took_s else 1.0
        if gradient < 1:
            wanted = self._exact * max(SHARPEST, gradient)
        elif window.is_used:
            wanted = self._exact + 1
        else:
            return self._exact  # Nobody knows how more would do.
        return max(self._least, min(self._most, self._exact + WEIGHT * (wanted - self._exact)))
