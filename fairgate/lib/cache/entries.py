"""A value as the server keeps it: JSON, sealed with a key that is ours alone.

Sealed, since a Memcached has no password and a Valkey may serve others too. The seal covers the key under which it is
stored, so that nothing can be moved; its end is inside, so that nothing can be brought back later.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from fairgate.lib.cache.kept import Kept

T = TypeVar("T")

SEAL_BYTES = 16
# Memcached takes a megabyte at most; what is larger is kept near alone.
MOST_BYTES = 512 * 1024
# Of XFetch: above 1 it refreshes earlier. The paper's choice.
BETA = 1.0
# The paper draws at every read. Here a process reads far only once in `near_s`, so the draw is widened by that, but by
# no more than this share of the lifetime.
EARLY_SHARE = 0.1


@dataclass(frozen=True)
class Entry(Generic[T]):
    value: T | None
    generations: Sequence[str]
    fresh_until: float
    stale_until: float
    # How long it took to build.
    cost_s: float

    @property
    def is_over(self) -> bool:
        return time.time() >= self.stale_until

    def is_newer_than(self, seen: Entry[T] | None) -> bool:
        return not self.is_over and (seen is None or self.fresh_until > seen.fresh_until)

    def is_due(self, kept: Kept[Any]) -> bool:
        """Expired; or before that, drawn by chance to be the one who refreshes it (XFetch)."""
        gap_s = self.cost_s + min(kept.near_s, kept.fresh_s * EARLY_SHARE)
        early_s = gap_s * BETA * -math.log(1 - random.random())
        return time.time() + early_s >= self.fresh_until


class Sealer:
    def __init__(self, secret: str) -> None:
        self._secret = blake2b(secret.encode(), person=b"fairgate-cache").digest()

    def seal(self, key: str, kept: Kept[T], value: T | None, generations: Sequence[str], cost_s: float) -> bytes | None:
        """None when it is too large."""
        fresh_until = time.time() + kept.lifetime_s(value)
        stale_s = 0.0 if value is None else kept.stale_s
        head = json.dumps([list(generations), fresh_until, fresh_until + stale_s, cost_s]).encode()
        body = kept.adapter.dump_json(value)
        if len(body) > MOST_BYTES:
            return None
        told = head + b"\n" + body
        return self._mark(key, told) + told

    def open(self, key: str, kept: Kept[T], sealed: bytes | None) -> Entry[T] | None:
        """None for what is missing, forged, or written by another version of the software."""
        if sealed is None:
            return None
        mark, told = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
        if not compare_digest(mark, self._mark(key, told)):
            return None
        head, _, body = told.partition(b"\n")
        try:
            return Entry(kept.adapter.validate_json(body), *json.loads(head))
        except ValidationError:
            return None

    def _mark(self, key: str, told: bytes) -> bytes:
        return blake2b(key.encode() + b"\n" + told, key=self._secret, digest_size=SEAL_BYTES).digest()
