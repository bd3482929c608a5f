"""Crowds of readers in several processes, straight at `fairgate.lib.cache`: at an expiry, over a killed builder, and
over a flush while 2,000 reads a second go on. What they read comes from an installation's database."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg
from report import percentile

from fairgate.lib.cache import Cache, connect
from fairgate.stock import catalog
from fairgate.stock.catalog import Face
from fairgate.stock.shown import FACE

SECRET = "s" * 64
PROCESSES, THREADS = 4, 250
KEYS, RATE, SECONDS, FLUSH_AT_S = 50, 2_000, 6.0, 3.0
# A statement that takes as long as a heavy page's.
BUILD_S = 0.05
BRIEF = replace(FACE, fresh_s=0.1, stale_s=60)
_context = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Stampede:
    builds: int
    answers: int
    longest_ms: float


@dataclass(frozen=True)
class Flush:
    reads: int
    errors: int
    statements: int
    p99_ms: float


def stampede(cache_url: str, database_url: str, *, kills_builder: bool) -> Stampede:
    """A thousand readers find one key expired."""
    name = f"hot-{time.time()}"
    connect(cache_url, SECRET).fetch(BRIEF, (name,), lambda: _read(database_url, 0))
    time.sleep(BRIEF.fresh_s)
    builds = _context.Value("i", 0)
    if kills_builder:
        _begin_and_die(cache_url, name, builds)
    barrier, answers = _context.Barrier(PROCESSES), _context.SimpleQueue()
    readers = [
        _context.Process(target=_read_at_once, args=((cache_url, database_url), name, builds, barrier, answers))
        for _ in range(PROCESSES)
    ]
    for reader in readers:
        reader.start()
    found = [answers.get() for _ in readers]
    for reader in readers:
        reader.join()
    return Stampede(builds.value, sum(count for count, _ in found), max(longest for _, longest in found) * 1000)


def flush(cache_url: str, database_url: str, empty: Callable[[], object]) -> Flush:
    """2,000 reads a second over 50 keys; in the middle the server forgets everything."""
    builds, barrier, answers = _context.Value("i", 0), _context.Barrier(PROCESSES + 1), _context.SimpleQueue()
    readers = [
        _context.Process(target=_read_steadily, args=(cache_url, database_url, builds, barrier, answers))
        for _ in range(PROCESSES)
    ]
    for reader in readers:
        reader.start()
    barrier.wait()
    time.sleep(FLUSH_AT_S)
    before = builds.value
    empty()
    found = [answers.get() for _ in readers]
    for reader in readers:
        reader.join()
    waits = [wait for each, _ in found for wait in each]
    return Flush(len(waits), sum(errors for _, errors in found), builds.value - before, percentile(waits, 0.99) * 1000)


def _read(database_url: str, seconds: float) -> Face | None:
    with psycopg.connect(database_url) as database:
        database.execute("SELECT pg_sleep(%s)", (seconds,))
        return catalog.read_face(database, "bench", "evening-0")


def _begin_and_die(cache_url: str, name: str, builds: Any) -> None:
    began = _context.Event()
    builder = _context.Process(target=_build_for_ever, args=(cache_url, name, builds, began))
    builder.start()
    began.wait()
    builder.kill()
    builder.join()


def _build_for_ever(cache_url: str, name: str, builds: Any, began: Any) -> None:
    def build() -> Face | None:
        _count(builds)
        began.set()
        time.sleep(60)
        return None

    connect(cache_url, SECRET).fetch(FACE, (name,), build)


def _read_at_once(urls: tuple[str, str], name: str, builds: Any, barrier: Barrier, answers: Any) -> None:
    """For as long as the lease of a killed builder may last, and a little more."""
    cache_url, database_url = urls
    cache = connect(cache_url, SECRET)

    def build() -> Face | None:
        _count(builds)
        return _read(database_url, BUILD_S)

    def read(_number: int) -> float:
        began = time.perf_counter()
        assert cache.fetch(FACE, (name,), build) is not None
        return time.perf_counter() - began

    with ThreadPoolExecutor(THREADS) as pool:
        barrier.wait()
        waits = list(pool.map(read, range(THREADS)))
        ends = time.monotonic() + 3
        while time.monotonic() < ends:
            waits += pool.map(read, range(10))
            time.sleep(0.05)
    answers.put((len(waits), max(waits)))


def _read_steadily(cache_url: str, database_url: str, builds: Any, barrier: Barrier, answers: Any) -> None:
    cache = connect(cache_url, SECRET)
    with psycopg.connect(database_url, autocommit=True) as database:
        read = _reader(cache, database, builds)
        for number in range(KEYS):
            read(number)
        barrier.wait()
        waits, errors, began = [], 0, time.perf_counter()
        for number in range(int(RATE / PROCESSES * SECONDS)):
            due = began + number * PROCESSES / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            asked = time.perf_counter()
            try:
                read(number % KEYS)
            except Exception:  # whatever it is, a page would be a 500
                errors += 1
            waits.append(time.perf_counter() - asked)
    answers.put((waits, errors))


def _reader(cache: Cache, database: psycopg.Connection[Any], builds: Any) -> Callable[[int], None]:
    def build() -> Face | None:
        _count(builds)
        return catalog.read_face(database, "bench", "evening-0")

    def read(number: int) -> None:
        assert cache.fetch(FACE, (number,), build) is not None

    return read


def _count(builds: Any) -> None:
    with builds.get_lock():
        builds.value += 1
