from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fairgate.lib.cache import Cache, connect
from fairgate.testing.cache_servers import CacheServer, serve

SECRET = "s" * 64


@pytest.fixture(params=["valkey", "memcached"])
def server(request: pytest.FixtureRequest) -> Iterator[CacheServer]:
    yield from serve(request.param)


@pytest.fixture
def valkey() -> Iterator[CacheServer]:
    yield from serve("valkey")


@pytest.fixture
def new_cache(server: CacheServer) -> Callable[[], Cache]:
    """Each call is another process, as far as caches can tell."""
    return lambda: connect(server.url, SECRET)
