"""What the cache behind the door gains: without one, near alone, on Valkey and on Memcached.

    python bench/cache.py                            of its own, in a temporary folder
    python bench/cache.py --markdown --chart FILE    for the documentation

Pages are asked of two web processes directly, past the door and its one-second cache: that is what the door lets
through. Processor time is the measure, since the load generator runs on the same machine. Memcached is left out, with a
word, where it is not installed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cache_crowd
import cache_pages
import installation
import redis
import report
from installation import Target

from fairgate.testing.cache_servers import MEMCACHED
from fairgate.testing.waiting import free_port, wait_until


@dataclass(frozen=True)
class Server:
    name: str
    url: str
    pids: list[int]
    # Makes it forget everything; nothing is shared where there is none.
    empty: Callable[[], object] | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description="The cache behind the door.")
    parser.add_argument("--requests", type=int, default=2_000, help="of each reading, for each cache (2,000)")
    parser.add_argument("--markdown", action="store_true", help="tables for the documentation")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="write an SVG")
    wish = parser.parse_args()
    with installation.own() as target:
        target.up()
        cache_pages.make_events(target)
        with _servers(target) as servers:
            costs = {one.name: cache_pages.measure(target, one.url, one.pids, wish.requests) for one in servers}
            crowds = {one.name: _crowd(target, one) for one in servers if one.name != "none"}
    if wish.chart:
        wish.chart.write_text(_chart(costs))
    print(_told(costs, crowds, report.markdown if wish.markdown else report.table, wish.requests))


@contextlib.contextmanager
def _servers(target: Target) -> Iterator[list[Server]]:
    """None, near alone, the installation's Valkey, and a Memcached."""
    valkey_url = target.setting("FAIRGATE_VALKEY_URL")
    servers = [
        Server("none", "off://", []),
        Server("near alone", "local://", []),
        Server("Valkey", valkey_url, target.pids()["valkey"], lambda: _flush_valkey(valkey_url)),
    ]
    if shutil.which("memcached") is None:
        print(MEMCACHED, file=sys.stderr)
        yield servers
        return
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", *user])
    try:
        wait_until(lambda: b"VERSION" in _say(port, b"version\r\n"))
        url = f"memcached://127.0.0.1:{port}"
        yield [*servers, Server("Memcached", url, [process.pid], lambda: _say(port, b"flush_all\r\n"))]
    finally:
        process.terminate()
        process.wait()


def _flush_valkey(url: str) -> None:
    with redis.Redis.from_url(url) as valkey:
        valkey.flushdb()


def _say(port: int, words: bytes) -> bytes:
    """Memcached's answer; nothing while it does not listen yet."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(words)
        return connection.recv(1024)
    return b""


def _crowd(target: Target, server: Server) -> list[object]:
    database = target.database_url()
    expiry = cache_crowd.stampede(server.url, database, kills_builder=False)
    row: list[object] = [expiry.builds, f"{expiry.longest_ms:.0f}"]
    if server.empty is None:
        return [*row, "", "", "", "", ""]
    killed = cache_crowd.stampede(server.url, database, kills_builder=True)
    flushed = cache_crowd.flush(server.url, database, server.empty)
    return [
        *row,
        killed.builds,
        f"{killed.longest_ms:.0f}",
        flushed.statements,
        flushed.errors,
        f"{flushed.p99_ms:.1f}",
    ]


def _told(
    costs: dict[str, dict[str, cache_pages.Cost]],
    crowds: dict[str, list[object]],
    table: Callable[..., str],
    requests: int,
) -> str:
    readers = cache_crowd.PROCESSES * cache_crowd.THREADS
    rows = [
        (f"{reading}: {name}", cost.web_ms, cost.database_ms, cost.cache_ms, _sum(cost), cost.statements)
        for reading in cache_pages.READINGS
        for name, cost in ((name, its[reading]) for name, its in costs.items())
    ]
    head = ("CPU-ms of a request", "web", "database", "cache server", "sum", "statements")
    crowd_head = (
        f"{readers:,} readers",
        "rebuilds",
        "longest ms",
        "builder killed: rebuilds",
        "longest ms",
        f"flush at {cache_crowd.RATE:,}/s, {cache_crowd.KEYS} keys: statements",
        "errors",
        "p99 ms",
    )
    told = [report.machine(), f"{requests:,} requests each, {cache_pages.WEB} web processes, past the door"]
    return "\n\n".join([*told, table(head, rows), table(crowd_head, [(name, *row) for name, row in crowds.items()])])


def _sum(cost: cache_pages.Cost) -> float:
    return cost.web_ms + cost.database_ms + cost.cache_ms


def _chart(costs: dict[str, dict[str, cache_pages.Cost]]) -> str:
    reading = next(iter(cache_pages.READINGS))
    parts = {
        name: {"web": its[reading].web_ms, "database": its[reading].database_ms, "cache": its[reading].cache_ms}
        for name, its in costs.items()
    }
    goal = _sum(costs["none"][reading])
    return report.bars("An event page behind the door, CPU-ms by cache", "ms", parts, goal, line="without")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
