"""The order of things: near, then far, then a rebuild by one."""

from __future__ import annotations

import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fairgate.lib import logs
from fairgate.lib.cache.entries import Entry, Sealer
from fairgate.lib.cache.far import Away, Far
from fairgate.lib.cache.flights import Flights
from fairgate.lib.cache.kept import Kept, key_of
from fairgate.lib.cache.near import Near, NearEntry

T = TypeVar("T")

# Who builds has so long; then it counts as gone, and the next one builds. No read of ours takes nearly as long.
LEASE_S = 2.0
# How often those look who have nothing to show, and whether the builder brought it.
LOOK_S = (0.005, 0.03)
# What was shown past its end is asked for again so soon.
STALE_NEAR_S = 0.05
# Longer than any value lives, so that no value outlives the bump that made it void.
GENERATION_S = 24 * 3600.0


@dataclass(frozen=True)
class Wanted(Generic[T]):
    kept: Kept[T]
    key: str
    build: Callable[[], T | None]
    scopes: Sequence[str]
    # How many bumps this process had seen when somebody began to ask.
    bumps: int


class Cache:
    """`counts` tells what happened: near, far, stale, joined, built; and late and away, which are built too."""

    def __init__(self, far: Far | None, secret: str, *, is_off: bool = False, lease_s: float = LEASE_S) -> None:
        self._far = far
        self._sealer = Sealer(secret)
        self._near = Near()
        self._flights = Flights()
        self._is_off = is_off
        self._lease_s = lease_s
        self.counts: Counter[str] = Counter()

    def fetch(
        self, kept: Kept[T], parts: Sequence[object], build: Callable[[], T | None], scopes: Sequence[str] = ()
    ) -> T | None:
        """What is kept under these parts. `build` reads it from the database's primary; None says there is none."""
        if self._is_off:
            return build()
        wanted = Wanted(kept, kept.key(parts), build, scopes, self._near.bumps)
        entry = self._near.get(wanted.key)
        if entry is not None and entry.is_fresh:
            return self._count("near", entry.value)
        flight, is_mine = self._flights.take(wanted.key)
        if is_mine:
            return self._flights.fly(wanted.key, flight, lambda: self._ask(wanted))
        if entry is not None:
            return self._count("stale", entry.value)
        return self._count("joined", self._flights.wait(flight))

    def bump(self, scopes: Iterable[str]) -> None:
        """All that was read under these is void. Raises Away when only this process could be told."""
        scopes = list(scopes)
        try:
            if self._far is not None:
                self._far.write({_generation(scope): secrets.token_hex(12).encode() for scope in scopes}, GENERATION_S)
        finally:
            # Last, so that nothing comes near again from a server that did not know yet.
            self._near.drop(scopes)
            self._flights.forget()

    @property
    def entries(self) -> int:
        """How many are kept near."""
        return len(self._near)

    def forget_near(self) -> None:
        self._near.clear()
        self._flights.forget()

    def _ask(self, wanted: Wanted[T]) -> T | None:
        if self._far is not None and wanted.kept.is_shared:
            with suppress(Away):
                return self._ask_far(self._far, wanted)
            self.counts["away"] += 1
        return self._put_near(wanted, self._build(wanted))

    def _ask_far(self, far: Far, wanted: Wanted[T]) -> T | None:
        """Raises Away unless there is an answer. What the builder raises goes through."""
        give_up_at = time.monotonic() + self._lease_s * 1.5
        while time.monotonic() < give_up_at:
            entry, generations = self._read(far, wanted)
            if entry is not None and entry.generations == generations and not entry.is_due(wanted.kept):
                return self._put_near(wanted, self._count("far", entry.value))
            if self._take_lease(far, wanted):
                return self._rebuild(far, wanted, entry)
            if entry is not None and not entry.is_over:
                return self._put_near(wanted, self._count("stale", entry.value), STALE_NEAR_S)
            time.sleep(random.uniform(*LOOK_S))
        return self._build(wanted)

    def _rebuild(self, far: Far, wanted: Wanted[T], seen: Entry[T] | None) -> T | None:
        began = time.monotonic()
        try:
            entry, generations = self._read(far, wanted)
            if entry is not None and entry.generations == generations and entry.is_newer_than(seen):
                # Another held the lease between our look and our taking it.
                return self._put_near(wanted, self._count("far", entry.value))
            value = self._build(wanted)
            with suppress(Away):
                if self._read_generations(far, wanted) != generations:
                    # Perhaps read before the change: good for those who asked before it, and for nobody else.
                    return self._count("late", value)
                cost_s = time.monotonic() - began
                sealed = self._sealer.seal(wanted.key, wanted.kept, value, generations, cost_s)
                if sealed is not None:
                    far.write({wanted.key: sealed}, wanted.kept.fresh_s + wanted.kept.stale_s)
        finally:
            self._give_lease(far, wanted, began)
        return self._put_near(wanted, value)

    def _build(self, wanted: Wanted[T]) -> T | None:
        return self._count("built", wanted.build())

    def _read(self, far: Far, wanted: Wanted[T]) -> tuple[Entry[T] | None, list[str]]:
        """The value, and the generations of its scopes now: one round trip."""
        sealed, *found = far.read([wanted.key, *map(_generation, wanted.scopes)])
        return self._sealer.open(wanted.key, wanted.kept, sealed), _tokens(found)

    def _read_generations(self, far: Far, wanted: Wanted[Any]) -> list[str]:
        return _tokens(far.read([_generation(scope) for scope in wanted.scopes])) if wanted.scopes else []

    def _take_lease(self, far: Far, wanted: Wanted[Any]) -> bool:
        return far.add(_lease(wanted.key), b"1", self._lease_s)

    def _give_lease(self, far: Far, wanted: Wanted[Any], began: float) -> None:
        """Unless it may be another's by now."""
        if time.monotonic() - began < self._lease_s * 0.8:
            with suppress(Away):
                far.delete(_lease(wanted.key))

    def _put_near(self, wanted: Wanted[T], value: T | None, seconds: float | None = None) -> T | None:
        kept = wanted.kept
        until = time.monotonic() + min(kept.lifetime_s(value), kept.near_s if seconds is None else seconds)
        stale_s = 0.0 if value is None else kept.near_s
        entry = NearEntry(value, frozenset(wanted.scopes), until, until + stale_s)
        self._near.put(wanted.key, entry, bumps=wanted.bumps)
        return value

    def _count(self, what: str, value: T | None) -> T | None:
        self.counts[what] += 1
        facts = logs.facts.get()
        if facts is not None:
            name = "cache_builds" if what == "built" else "cache_hits"
            facts[name] = facts.get(name, 0) + 1
        return value


def _generation(scope: str) -> str:
    return key_of("generation", (scope,))


def _tokens(found: Iterable[bytes | None]) -> list[str]:
    """A scope that was never bumped has none, which is a generation too."""
    return [(token or b"").decode("ascii", "replace") for token in found]


def _lease(key: str) -> str:
    return f"{key}:lease"
