"""What the door's cache gains for an event's page, and how near it is to what HAProxy can; docs/scaling.md shows it.

    python bench/door.py                     tables; --markdown for a page of the documentation
    python bench/door.py --chart FILE.svg    and what a page costs as a chart

An installation of its own. Processor time is that of all its processes, load generator aside. For the rates, the door
and a HAProxy that does nothing but keep one answer of the same bytes get a quarter of a core each, and the generator
has the other core, so that it is they who are measured. Needs root and two cores.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import bare_cache
import cap
import closed_loop
import installation
import meter
import open_loop
import page
import report
from installation import Target
from sale import Sale, open_sale

DOOR_CORE, OTHER_CORE = 0, 1
SHARE = 0.25
CLIENTS = 32
TICKET_TYPES = 3
READERS = 2_000
GZIP = "Accept-Encoding: gzip, deflate, br, zstd\r\n"
PAST = "?past=the-door"
OFF = {"FAIRGATE_CACHE_URL": "off://"}
GOAL_CPU, GOAL_RATE = 100, 0.5
HEAD_COST = ("CPU-ms of an event's page", "door", "web", "database", "rest", "sum", "of the first")
HEAD_RATE = ("a quarter of a core, cached", "bytes", "door, a second", "HAProxy alone, a second", "share", "in turns")
HEAD_EXPIRY = (
    f"{READERS:,} readers a second",
    "reached web, a second",
    "CPU-ms of web, a second",
    "p99 ms",
    "longest ms",
)


@dataclass(frozen=True)
class Reading:
    name: str
    path: str
    headers: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description="The door's cache.")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement (5)")
    parser.add_argument("--rounds", type=int, default=3, help="in turns; the median counts (3)")
    parser.add_argument("--markdown", action="store_true", help="tables for a page of the documentation")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg")
    wish = parser.parse_args()
    table = report.markdown if wish.markdown else report.table
    print(report.machine(), flush=True)
    with installation.own() as target:
        target.up(**OFF)
        sale = open_sale(target, TICKET_TYPES)
        uncached = [Reading("past all caches", sale.page + PAST)]
        costs = _costs(target, uncached, wish.seconds, wish.rounds)
        expiry = [("nothing is kept behind the door", *_expiry(target, sale, wish.seconds))]
        target.down()
        target.up()
        kept = [
            Reading("past the door", sale.page + PAST),
            Reading("the door's", sale.page),
            Reading("the door's, compressed", sale.page, GZIP),
        ]
        costs |= _costs(target, kept, wish.seconds, wish.rounds)
        expiry.append(("as it is", *_expiry(target, sale, wish.seconds)))
        rates = _rates(target, sale, wish.seconds, wish.rounds)
    first = sum(costs["past all caches"])
    rows = [(name, *parts, sum(parts), f"1/{first / sum(parts):.0f}") for name, parts in costs.items()]
    print("", table(HEAD_COST, rows), "", table(HEAD_RATE, rates), "", table(HEAD_EXPIRY, expiry), sep="\n")
    print(f"\nGoals: 1/{GOAL_CPU} of the processor time, {GOAL_RATE} of the rate.")
    if wish.chart:
        wish.chart.write_text(_chart(costs))


def _costs(target: Target, readings: list[Reading], seconds: float, rounds: int) -> dict[str, tuple[float, ...]]:
    """Of a request, by kind of process; the round in the middle."""
    pids = meter.with_supervisor(target.pids())
    found: dict[str, list[tuple[float, ...]]] = {reading.name: [] for reading in readings}
    for _ in range(rounds):
        for reading in readings:
            before = meter.cpu_ms(pids)
            answers = closed_loop.pages(target.port, reading.path, CLIENTS, seconds, headers=reading.headers)
            spent = meter.between(before, meter.cpu_ms(pids))
            parts = {kind: spent.pop(kind) for kind in ("door", "web", "postgres")}
            found[reading.name].append(tuple(ms / answers.asked for ms in (*parts.values(), sum(spent.values()))))
    return {name: sorted(costs, key=sum)[len(costs) // 2] for name, costs in found.items()}


def _rates(target: Target, sale: Sale, seconds: float, rounds: int) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for reading in (Reading("plain", sale.page), Reading("compressed", sale.page, GZIP)):
        answer = _answer(target, reading)
        ours, theirs = [], []
        with bare_cache.opened(answer) as bare:
            for _ in range(rounds):
                ours.append(_rate(target, target.pids()["door"], target.port, reading, seconds))
                theirs.append(_rate(target, [bare.pid], bare.port, reading, seconds))
        shares = [our / their for our, their in zip(ours, theirs, strict=True)]
        medians = map(statistics.median, (ours, theirs, shares))
        rows.append((reading.name, len(answer), *medians, f"{min(shares):.2f} to {max(shares):.2f}"))
    return rows


def _rate(target: Target, measured: list[int], port: int, reading: Reading, seconds: float) -> float:
    with _placed(target, measured):
        return closed_loop.pages(port, reading.path, CLIENTS, seconds, OTHER_CORE, headers=reading.headers).rate


@contextlib.contextmanager
def _placed(target: Target, measured: list[int]) -> Iterator[None]:
    """What is measured has its share of one core; all others are on the other one."""
    with cap.group("others") as others, cap.group("measured", SHARE) as group:
        for kind, roots in meter.with_supervisor(target.pids()).items():
            pids = [pid for pid in meter.members(kind, roots) if pid not in measured]
            others.add(pids)
            cap.pin(pids, OTHER_CORE)
        others.add([os.getpid()])
        group.add(measured)
        cap.pin(measured, DOOR_CORE)
        yield


def _expiry(target: Target, sale: Sale, seconds: float) -> tuple[object, ...]:
    """What comes through when the kept page is over, once a second."""
    request = f"GET {sale.page} HTTP/1.1\r\nHost: 127.0.0.1\r\n{GZIP}Connection: close\r\n\r\n"
    pids = {"web": target.pids()["web"]}
    lookups, hits = page.cache_counters(target)
    before = meter.cpu_ms(pids)
    came = open_loop.come(target.port, {"reads": (READERS, open_loop.Request(request))}, seconds)
    spent = meter.between(before, meter.cpu_ms(pids))["web"]
    lookups_after, hits_after = page.cache_counters(target)
    reached = (lookups_after - lookups) - (hits_after - hits)
    if came.wrong():
        raise SystemExit(f"Not every page was answered, so there is nothing to measure: {dict(came.wrong())}")
    return reached / seconds, spent / seconds, came.percentile(0.99), came.percentile(1)


def _answer(target: Target, reading: Reading) -> bytes:
    """As the door gives it, but for how long it may be kept."""
    connection = HTTPConnection("127.0.0.1", target.port)
    connection.putrequest("GET", reading.path, skip_accept_encoding=True)
    for line in reading.headers.splitlines():
        connection.putheader(*line.split(": ", 1))
    connection.endheaders()
    got = connection.getresponse()
    body = got.read()
    kept = ((name, value) for name, value in got.getheaders() if name.lower() not in ("age", "cache-control"))
    head = "".join(f"{name}: {value}\r\n" for name, value in kept)
    return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body


def _chart(costs: dict[str, tuple[float, ...]]) -> str:
    parts = {name: dict(zip(("door", "web", "database", "rest"), cost, strict=True)) for name, cost in costs.items()}
    goal = sum(next(iter(costs.values()))) / GOAL_CPU
    return report.bars("An event's page, CPU-ms of all processes", "ms", parts, goal)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
