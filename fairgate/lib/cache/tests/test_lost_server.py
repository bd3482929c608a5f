"""The server goes, hangs and comes back; readers notice nothing but time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from fairgate.lib.cache import Cache, connect, scopes
from fairgate.lib.cache.far import Away, Far
from fairgate.lib.cache.tests.conftest import SECRET
from fairgate.lib.cache.tests.things import THING, Source
from fairgate.testing.cache_servers import CacheServer
from fairgate.testing.waiting import wait_until


def test_without_its_server_it_works_on_and_with_it_again_as_before(server: CacheServer) -> None:
    cache, source = connect(server.url, SECRET), Source()
    server.kill()

    found = [cache.fetch(THING, (number,), source) for number in range(50)]

    assert all(found)
    assert cache.counts["away"] == 50
    server.start()
    wait_until(lambda: is_shared(server, cache))


def is_shared(server: CacheServer, cache: Cache) -> bool:
    cache.forget_near()
    cache.fetch(THING, ("shared",), Source())
    return server.store.read([THING.key(("shared",))]) != [None]


def test_connections_from_before_a_restart_are_not_tried_one_by_one(server: CacheServer) -> None:
    far, together = Far(server.store), threading.Barrier(8)

    def read(_number: int) -> list[bytes | None]:
        together.wait(20)
        return far.read(["a"])

    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            list(pool.map(read, range(8)))
    server.flush()

    # Valkey's client looks at a connection before it uses it, Memcached's does not.
    with suppress(Away):
        far.read(["a"])

    far._ask_again_at = 0  # The pause is over.
    assert [far.read(["a"]) for _ in range(8)] == [[None]] * 8


@pytest.fixture(params=["valkey", "memcached"])
def silent(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[socket.socket]]]:
    """A server that takes connections and never answers."""
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    accepted.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"{request.param}://127.0.0.1:{listener.getsockname()[1]}", accepted
        # Wakes the thread.
        listener.shutdown(socket.SHUT_RDWR)
    for connection in accepted:
        connection.close()


def test_a_server_that_hangs_is_asked_by_few(silent: tuple[str, list[socket.socket]]) -> None:
    url, accepted = silent
    cache, source = connect(url, SECRET), Source()

    found = [cache.fetch(THING, (number,), source) for number in range(200)]

    assert (len(found), source.asked) == (200, 200)
    # The first finds out. Whoever comes after the pause asks again; two hundred reads take no second.
    assert 1 <= len(accepted) <= 3


def test_a_bump_that_cannot_reach_the_server_says_so_and_holds_here(server: CacheServer) -> None:
    cache, source = connect(server.url, SECRET), Source()
    scope = scopes.event("riverside", "concert")
    cache.fetch(THING, ("a",), source, [scope])
    server.kill()

    with pytest.raises(Away):
        cache.bump([scope])

    cache.fetch(THING, ("a",), source, [scope])
    assert source.asked == 2
