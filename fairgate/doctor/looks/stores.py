"""Valkey or Redis as broker and as cache, and Memcached: what waits in them, what they lose."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import redis

from fairgate.lib.env import Settings
from fairgate.runtime.memcached import PORTS

TIMEOUT_S = 1.5
QUEUES = ("effects", "housekeeping")


@dataclass(frozen=True)
class Store:
    """`more`: what was added between the looks."""

    address: str
    uses: tuple[str, ...]
    error: str = ""
    said: dict[str, str] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        value = self.said.get(name, "0")
        return int(value) if value.lstrip("-").isdigit() else 0


@dataclass(frozen=True)
class Queue:
    name: str
    waiting: int
    grew: int
    unacknowledged: int


@dataclass(frozen=True)
class Stores:
    stores: tuple[Store, ...] = ()
    queues: tuple[Queue, ...] | None = None


def look(settings: Settings, pause: Callable[[], None]) -> Stores:
    uses: dict[str, list[str]] = {}
    for use, url in (("broker", settings.broker_url), ("cache", settings.cache_url), ("hints", settings.valkey_url)):
        if urlsplit(url).scheme in ("redis", "rediss", "valkey", "memcached"):
            uses.setdefault(url.replace("valkey://", "redis://", 1), []).append(use)
    before = {url: _ask(url) for url in uses}
    lengths = _lengths(settings.broker_url)
    pause()
    stores = tuple(_store(url, tuple(names), before[url], _ask(url)) for url, names in uses.items())
    return Stores(stores, _queues(lengths, _lengths(settings.broker_url)))


def _store(url: str, uses: tuple[str, ...], before: dict[str, str] | str, after: dict[str, str] | str) -> Store:
    parts = urlsplit(url)
    address = f"{parts.hostname}:{parts.port or PORTS.get(parts.scheme, 6379)}"
    if isinstance(after, str):
        return Store(address, uses, error=after)
    earlier = before if isinstance(before, dict) else {}
    more = {
        name: int(value) - int(earlier[name])
        for name, value in after.items()
        if value.isdigit() and earlier.get(name, "").isdigit()
    }
    return Store(address, uses, said=after, more=more)


def _ask(url: str) -> dict[str, str] | str:
    """Its figures, or why there are none."""
    try:
        return _stats(url) if url.startswith("memcached://") else _info(url)
    except (OSError, redis.RedisError, ValueError) as error:
        return " ".join(str(error).split()) or type(error).__name__


def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url.replace("valkey://", "redis://", 1),
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        decode_responses=True,
    )


def _info(url: str) -> dict[str, str]:
    with _client(url) as client:
        return {str(name): str(value) for name, value in dict(client.info()).items()}


def _stats(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    address = parts.hostname or "127.0.0.1", parts.port or PORTS["memcached"]
    with socket.create_connection(address, TIMEOUT_S) as connection, connection.makefile("rwb") as stream:
        stream.write(b"stats\r\n")
        stream.flush()
        words = iter(lambda: stream.readline().decode().split(), ["END"])
        return {word[1]: word[2] for word in words if len(word) == 3}


def _lengths(broker_url: str) -> dict[str, int] | None:
    """Other brokers tell their own operators."""
    if urlsplit(broker_url).scheme not in ("redis", "rediss", "valkey"):
        return None
    try:
        with _client(broker_url) as client:
            lengths = {name: int(client.llen(name)) for name in QUEUES}
            return {**lengths, "": int(client.hlen("unacked"))}
    except (OSError, redis.RedisError):
        return None


def _queues(before: dict[str, int] | None, after: dict[str, int] | None) -> tuple[Queue, ...] | None:
    if after is None:
        return None
    earlier = before or after
    return tuple(Queue(name, after[name], after[name] - earlier[name], after[""]) for name in QUEUES)
