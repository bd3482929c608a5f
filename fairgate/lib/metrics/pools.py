"""How the pools of connections to PostgreSQL do, by their own statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from weakref import WeakValueDictionary

from psycopg_pool import ConnectionPool

from fairgate.lib.metrics import names
from fairgate.lib.metrics.figure import Read, Sample

Pools = Mapping[str, "ConnectionPool[Any]"]
# psycopg counts milliseconds.
COUNTED = (
    (names.POOL_REQUESTS, "requests_num", 1),
    (names.POOL_QUEUED, "requests_queued", 1),
    (names.POOL_REFUSED, "requests_errors", 1),
    (names.POOL_WAIT, "requests_wait_ms", 1000),
    (names.POOL_USE, "usage_ms", 1000),
    (names.POOL_LOST, "connections_lost", 1),
)

# Some are made by the first request that needs them.
_ours: WeakValueDictionary[str, ConnectionPool[Any]] = WeakValueDictionary()


def watch(name: str, pool: ConnectionPool[Any]) -> None:
    _ours[name] = pool


def figures(others: Callable[[], Pools] = dict) -> Read:
    """Of the pools that are watched, and of others, which somebody else keeps."""

    def read() -> Iterator[Sample]:
        for name, pool in {**_ours, **others()}.items():
            yield from _look(name, pool.get_stats())

    return Read(names.POOLS, read)


def _look(name: str, stats: Mapping[str, int]) -> Iterator[Sample]:
    labels = (name,)
    yield names.POOL_SIZE, labels, stats["pool_size"]
    yield names.POOL_MOST, labels, stats["pool_max"]
    yield names.POOL_IN_USE, labels, stats["pool_size"] - stats["pool_available"]
    yield names.POOL_WAITING, labels, stats["requests_waiting"]
    for figure, key, unit in COUNTED:
        yield figure, labels, stats.get(key, 0) / unit
