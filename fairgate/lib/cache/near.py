"""What this process keeps for itself: a limited number of values, least recently used out first."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_ENTRIES = 2_000
# What is over is thrown away so often, since a single value can be a plan of 20,000 seats.
SWEEP_S = 1.0


@dataclass(frozen=True)
class NearEntry:
    value: Any
    scopes: frozenset[str]
    until: float
    # Until then it may still be shown while this process asks for a newer one.
    stale_until: float

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() < self.until


class Near:
    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self._most = most
        self._entries: OrderedDict[str, NearEntry] = OrderedDict()
        self._lock = threading.Lock()
        self._swept = time.monotonic()
        self.bumps = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> NearEntry | None:
        """Fresh, or stale and still to be shown meanwhile."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if entry.stale_until <= time.monotonic():
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return entry

    def put(self, key: str, entry: NearEntry, *, bumps: int) -> None:
        """Unless something was bumped here since `bumps` was read: the value may be from before."""
        with self._lock:
            if bumps != self.bumps:
                return
            self._sweep()
            self._entries[key] = entry
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def drop(self, scopes: Iterable[str]) -> None:
        """What was read under any of these is gone at once."""
        gone = set(scopes)
        with self._lock:
            self.bumps += 1
            self._entries = OrderedDict((key, entry) for key, entry in self._entries.items() if not gone & entry.scopes)

    def clear(self) -> None:
        with self._lock:
            self.bumps += 1
            self._entries.clear()

    def _sweep(self) -> None:
        now = time.monotonic()
        if now - self._swept > SWEEP_S:
            self._swept = now
            self._entries = OrderedDict((key, entry) for key, entry in self._entries.items() if entry.stale_until > now)
