"""Many want the same at the same moment, in threads and in processes, and some are killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fairgate.lib.cache import Cache, connect, memcached, valkey
from fairgate.lib.cache.tests.conftest import SECRET
from fairgate.lib.cache.tests.reader import THREADS
from fairgate.lib.cache.tests.things import AT, BRIEF, THING, SlowSource, Source, Thing
from fairgate.testing.cache_servers import CacheServer
from fairgate.testing.waiting import PATIENCE_S, wait_until

NewCache = Callable[[], Cache]
Reader = subprocess.Popen[str]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with tests is no cache that went away."""
    for kind in (memcached, valkey):
        monkeypatch.setattr(kind, "ANSWER_S", PATIENCE_S)


def test_of_a_hundred_threads_one_builds(new_cache: NewCache) -> None:
    cache, slow = new_cache(), SlowSource()

    with ThreadPoolExecutor(100) as pool:
        asking = [pool.submit(cache.fetch, THING, ("a",), slow) for _ in range(100)]
        assert slow.is_asked.wait(20)
        slow.may_answer.set()
        found = {future.result(20) for future in asking}

    assert (found, slow.asked) == ({Thing("first", AT)}, 1)


def test_those_who_come_while_another_process_rebuilds_get_what_was_there(new_cache: NewCache) -> None:
    builder, reader, slow = new_cache(), new_cache(), SlowSource("new")
    new_cache().fetch(BRIEF, ("a",), Source("old"))
    time.sleep(BRIEF.fresh_s)

    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(builder.fetch, BRIEF, ("a",), slow)
        assert slow.is_asked.wait(20)
        meanwhile = reader.fetch(BRIEF, ("a",), Source("a second build"))
        slow.may_answer.set()

        assert (meanwhile, building.result(20)) == (Thing("old", AT), Thing("new", AT))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "builds"


def builds(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def reader(server: CacheServer, log: Path, *how: str) -> Reader:
    command = [sys.executable, "-m", "fairgate.lib.cache.tests.reader", server.url, "a", str(log), *how]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: Reader) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def said(process: Reader) -> str:
    output, _ = process.communicate(timeout=30)
    return output.strip()


def kill(process: Reader) -> None:
    process.kill()
    process.communicate()


@pytest.mark.parametrize("has_old", [False, True])
def test_of_two_processes_full_of_threads_one_builds(server: CacheServer, log: Path, has_old: bool) -> None:
    if has_old:
        connect(server.url, SECRET).fetch(BRIEF, ("a",), Source("old"))
        time.sleep(BRIEF.fresh_s)
    two = [reader(server, log) for _ in range(2)]
    assert THREADS > 10

    for one in two:
        go(one)

    found = {word for one in two for word in said(one).split()}
    assert "new" in found
    assert found <= ({"old", "new"} if has_old else {"new"})
    assert builds(log) == 1


def test_a_killed_builder_costs_one_more_build_and_no_reader_an_answer(server: CacheServer, log: Path) -> None:
    connect(server.url, SECRET).fetch(BRIEF, ("a",), Source("old"))
    time.sleep(BRIEF.fresh_s)
    builder, meanwhile = reader(server, log, "hang"), reader(server, log)
    go(builder)
    wait_until(lambda: builds(log) == 1)

    kill(builder)
    go(meanwhile)

    assert said(meanwhile) == "old"
    cache, source = connect(server.url, SECRET), Source("after")
    # Its lease ends by itself.
    wait_until(lambda: cache.fetch(BRIEF, ("a",), source) == Thing("after", AT))
    assert (builds(log), source.asked) == (1, 1)


def test_where_nothing_was_there_they_wait_for_the_end_of_the_lease(server: CacheServer, log: Path) -> None:
    builder, after = reader(server, log, "hang"), reader(server, log)
    go(builder)
    wait_until(lambda: builds(log) == 1)
    kill(builder)

    go(after)

    assert said(after) == "new"
    assert builds(log) == 2
