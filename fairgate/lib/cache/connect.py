"""From FAIRGATE_CACHE_URL to a cache. Connections are made by the first question."""

from __future__ import annotations

from functools import cache as once

from fairgate.lib import env
from fairgate.lib.cache.cache import Cache
from fairgate.lib.cache.far import Far, Store
from fairgate.lib.cache.memcached import MemcachedStore
from fairgate.lib.cache.valkey import ValkeyStore


@once
def cache() -> Cache:
    """This process's cache."""
    settings = env.settings()
    return connect(settings.cache_url, settings.secret_key)


def connect(url: str, secret: str) -> Cache:
    """`local://` keeps near alone, `off://` keeps nothing."""
    scheme = url.partition("://")[0]
    return Cache(Far(store(url)) if scheme not in ("local", "off") else None, secret, is_off=scheme == "off")


def store(url: str) -> Store:
    return MemcachedStore(url) if url.startswith("memcached://") else ValkeyStore(url)
