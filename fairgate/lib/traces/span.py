"""What happened when, noted so cheaply that every request can afford it: OpenTelemetry sees only what is told.

Identifiers and the header are those of W3C Trace Context, level 2.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

# A page that runs more has told by then what is wrong with it.
MOST_STATEMENTS = 200
# How long ago a door may say that it heard of a request: longer than anyone waits.
LONGEST_WAIT_NS = 60_000_000_000
RANDOM_BITS = 56
ALL_RANDOM = (1 << RANDOM_BITS) - 1
SERVER, INTERNAL, PRODUCER, CONSUMER = "SERVER", "INTERNAL", "PRODUCER", "CONSUMER"
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")

Value = str | int | float


class Place(NamedTuple):
    """A span of any process, as another refers to it."""

    trace_id: int
    span_id: int


class Told(NamedTuple):
    """A span that has ended."""

    name: str
    kind: str
    ended_ns: int
    attributes: Mapping[str, Value]
    error: str


Take = Callable[["Span", Told, bool], bool]


class Span:
    __slots__ = ("_take", "began_ns", "heard", "is_sampled", "links", "parent_id", "parts", "place", "statements")

    def __init__(self, take: Take, trace_id: int, heard: str | None = None, is_sampled: bool = False) -> None:
        self._take = take
        self.place = Place(trace_id, new_id())
        self.parent_id = 0
        self.is_sampled = is_sampled
        self.began_ns = time.time_ns()
        # The door's word on when it heard of it, in X-Request-Start.
        self.heard = heard
        self.links: list[Place] = []
        # Texts, when they ended, and how many seconds they took.
        self.statements: list[tuple[str, int, float]] = []
        # What else was waited for: its name, and when it began and ended.
        self.parts: list[tuple[str, int, int]] = []

    @property
    def traceparent(self) -> str:
        """For whatever comes of it; nothing unless it is certain to be told."""
        return f"00-{self.place.trace_id:032x}-{self.place.span_id:016x}-01" if self.is_sampled else ""

    @property
    def heard_ns(self) -> int:
        """0: no door tells."""
        return heard_at(self.heard, self.began_ns)

    @property
    def trace_id(self) -> str:
        return f"{self.place.trace_id:032x}"

    def add(self, text: str, seconds: float) -> None:
        """A statement that has ended just now."""
        if len(self.statements) < MOST_STATEMENTS:
            self.statements.append((text, time.time_ns(), seconds))

    def end(
        self, name: str, kind: str, attributes: Mapping[str, Value], *, error: str = "", is_slow: bool = False
    ) -> bool:
        """Whether it is told: it is sampled, or slow at a time when few are."""
        return self._take(self, Told(name, kind, time.time_ns(), attributes, error), is_slow)


def new_id() -> int:
    return random.getrandbits(64) or 1


def trace_id_of(request_id: str) -> int:
    """The door's ids are random UUIDs, so that a trace is found by the id that its visitor was told."""
    digits = request_id.replace("-", "")
    if len(digits) == 32:
        with suppress(ValueError):
            return int(digits, 16) or new_trace_id()
    return new_trace_id()


def new_trace_id() -> int:
    return random.getrandbits(128) or 1


def threshold(share: float) -> int:
    """Chosen is whoever's random bits are not below it, as OpenTelemetry's samplers do: all processes agree."""
    return round((1 - share) * (1 << RANDOM_BITS))


def randomness(trace_id: int) -> int:
    """The bits that are random in every id, a UUID's too."""
    return trace_id & ALL_RANDOM


def heard_at(told: str | None, now_ns: int) -> int:
    """When the door heard of a request, by its word in X-Request-Start: milliseconds since 1970. 0: nobody knows."""
    if not told or len(told) > 15 or not (told.isascii() and told.isdigit()):
        return 0
    at_ns = int(told) * 1_000_000
    # Another machine's clock may be wrong, and this one's is finer: it cannot have heard after us.
    return min(at_ns, now_ns) if now_ns - LONGEST_WAIT_NS < at_ns < now_ns + LONGEST_WAIT_NS else 0


def read(traceparent: str | None) -> Place | None:
    """Of whom that is sampled; what cannot be read is nobody."""
    found = TRACEPARENT.fullmatch(traceparent or "")
    if found is None or not int(found[3], 16) & 1:
        return None
    place = Place(int(found[1], 16), int(found[2], 16))
    return place if all(place) else None
