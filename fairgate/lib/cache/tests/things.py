"""What these tests keep."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fairgate.lib.cache import Kept


@dataclass(frozen=True)
class Thing:
    name: str
    at: datetime


THING = Kept("thing", Thing, fresh_s=60)
# The same one, over as soon as it is there, but shown while somebody rebuilds it.
BRIEF = replace(THING, fresh_s=0.05, stale_s=30)
AT = datetime(2026, 3, 1, 19, 30, tzinfo=UTC)


class Source:
    """The database: says what it is told to say, and how often it was asked."""

    def __init__(self, name: str | None = "first") -> None:
        self.name, self.asked = name, 0
        self._lock = threading.Lock()

    def __call__(self) -> Thing | None:
        with self._lock:
            self.asked += 1
        return None if self.name is None else Thing(self.name, AT)


class SlowSource(Source):
    """Answers with what it read when it was asked, once it is let go."""

    def __init__(self, name: str = "first") -> None:
        super().__init__(name)
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def __call__(self) -> Thing | None:
        read = super().__call__()
        self.is_asked.set()
        assert self.may_answer.wait(20)
        return read
