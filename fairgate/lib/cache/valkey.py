"""Valkey, and Redis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from fairgate.lib.cache.far import ANSWER_S, CONNECT_S, CONNECTIONS


class ValkeyStore:
    errors: tuple[type[Exception], ...] = (redis.RedisError, OSError)

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url.replace("valkey://", "redis://", 1),
            socket_connect_timeout=CONNECT_S,
            socket_timeout=ANSWER_S,
            max_connections=CONNECTIONS,
            # What failed is read from the database at once; a second try here would only come later.
            retry=Retry(NoBackoff(), 0),
        )

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        found: list[bytes | None] = self._client.mget(keys)  # type: ignore[assignment]
        return found

    def write(self, values: Mapping[str, bytes], seconds: float) -> None:
        with self._client.pipeline(transaction=False) as pipeline:
            for key, value in values.items():
                pipeline.set(key, value, px=_ms(seconds))
            pipeline.execute()

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        return bool(self._client.set(key, value, px=_ms(seconds), nx=True))

    def delete(self, key: str) -> None:
        self._client.delete(key)

    def hang_up(self) -> None:
        self._client.connection_pool.disconnect(inuse_connections=False)


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))
