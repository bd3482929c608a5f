"""What the sellers did and what their lines are like, for Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol
from weakref import WeakSet

from prometheus_client.registry import Collector

from fairgate.lib.metrics import names
from fairgate.lib.metrics.figure import Read, Sample
from fairgate.stock.engine import Answer, Outcome

# AGAIN is no answer: it is asked once more.
BUSY = "busy"
_OUTCOMES = {word: names.HOLD_REQUESTS.labels(word) for word in (*(set(Outcome) - {Outcome.AGAIN}), BUSY)}
_REFUSED = {reason: names.LANE_REFUSED.labels(reason) for reason in ("full", "late", "failed")}


class Look(NamedTuple):
    lanes: int
    running: int
    at_a_time: int
    waiting: int
    longest: int


class HasLook(Protocol):
    def look(self) -> Look: ...


# The stock process has one.
_watched: WeakSet[HasLook] = WeakSet()
# In the order of Look.
READ = (names.LANES, names.LANES_RUNNING, names.LANES_AT_A_TIME, names.LANE_WAITING, names.LANE_LONGEST)


def count(answers: Iterable[Answer | None]) -> None:
    """None: nobody could answer."""
    for word, times in Counter(BUSY if answer is None else answer.outcome for answer in answers).items():
        _OUTCOMES[word].inc(times)


def count_refused(reason: str, requests: int = 1) -> None:
    """By a lane; to whom it happened it is all the same."""
    _REFUSED[reason].inc(requests)
    _OUTCOMES[BUSY].inc(requests)


def watch(lanes: HasLook) -> None:
    _watched.add(lanes)


def _read() -> Iterator[Sample]:
    for lanes in list(_watched):
        for figure, value in zip(READ, lanes.look(), strict=True):
            yield figure, (), value


# All that there is to tell of them.
LANES: tuple[Collector, ...] = (
    Read(READ, _read), names.LANE_BATCH, names.LANE_SECONDS, names.LANE_BUSY, names.LANE_REFUSED
)  # fmt: skip
