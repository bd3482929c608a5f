"""Memcached."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pymemcache.client.base import PooledClient
from pymemcache.exceptions import MemcacheError

from fairgate.lib.cache.far import ANSWER_S, CONNECT_S, CONNECTIONS

PORT = 11211


class MemcachedStore:
    # A RuntimeError says that its pool is empty.
    errors: tuple[type[Exception], ...] = (MemcacheError, OSError, RuntimeError)

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._client = PooledClient(
            (parts.hostname or "127.0.0.1", parts.port or PORT),
            connect_timeout=CONNECT_S,
            timeout=ANSWER_S,
            no_delay=True,
            max_pool_size=CONNECTIONS,
        )

    def __del__(self) -> None:
        self._client.close()

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        found = self._client.get_many(keys)
        return [found.get(key) for key in keys]

    def write(self, values: Mapping[str, bytes], seconds: float) -> None:
        for key, value in values.items():
            self._client.set(key, value, expire=_whole(seconds), noreply=False)

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        return bool(self._client.add(key, value, expire=_whole(seconds), noreply=False))

    def delete(self, key: str) -> None:
        self._client.delete(key, noreply=False)

    def hang_up(self) -> None:
        pool = self._client.client_pool
        for _ in pool.free:
            # One that is free is ours alone once we have it; the pool's own clear() closes others' too.
            pool.destroy(pool.get())


def _whole(seconds: float) -> int:
    """Its lifetimes are whole seconds; 0 would be for ever. The exact end of a value is inside it."""
    return max(1, math.ceil(seconds))
