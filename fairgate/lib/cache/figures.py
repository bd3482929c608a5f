"""What this process's cache did, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.lib.cache.connect import cache
from fairgate.lib.metrics import names
from fairgate.lib.metrics.figure import Read, Sample

ANSWERS = ("near", "far", "stale", "joined", "built")


def _read() -> Iterator[Sample]:
    own = cache()
    for answer in ANSWERS:
        yield names.CACHE_REQUESTS, (answer,), own.counts[answer]
    yield names.CACHE_AWAY, (), own.counts["away"]
    yield names.CACHE_LATE, (), own.counts["late"]
    yield names.CACHE_ENTRIES, (), own.entries


CACHE = Read((names.CACHE_REQUESTS, names.CACHE_AWAY, names.CACHE_LATE, names.CACHE_ENTRIES), _read)
