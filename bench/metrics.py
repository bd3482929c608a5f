"""What it costs to count: a request in front of Flask, a request through the WSGI frame of a page, and a scrape.

    .venv/bin/python bench/metrics.py [--markdown]

Pairs: the same work with the counters as they are and with counters that do nothing in their place, in turn, so that
whatever else the machine does meets both. The difference is what counting costs; its share is of what the cheapest
answer of that kind costs in all (docs/performance.md).
"""

from __future__ import annotations

import argparse
import os
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.report import machine, table
from fairgate.lib import logs
from fairgate.lib.metrics import WithRequests, names, registry, requests
from fairgate.lib.overload import WithTurns, wsgi
from fairgate.lib.overload.figures import figures as turns_figures
from fairgate.services.stock import figures, lane
from fairgate.stock.engine import Answer, Outcome

PAIRS, TIMES = 40, 2_000
BATCH = 20
# CPU-µs of the cheapest answers: a refusal by HTTP in the stock process, a page of Django without statements.
REFUSAL_US, PAGE_US = 190.0, 1_000.0
ROUTES = 80


class Nothing:
    def inc(self, *_amount: float) -> None: ...
    def observe(self, *_amount: float) -> None: ...


class Answered:
    answer: Any = Answer(Outcome.SOLD_OUT, None, "", None, "", ())  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", action="store_true")
    markdown = parser.parse_args().markdown
    logs.RequestLine.end = lambda *_a, **_more: None  # type: ignore[method-assign]  # Its own price is not counting's.
    hot, page = _pairs(_hold, _no_hold), _pairs(*_pages())
    rows = [
        ["a request for places in the stock process", f"{hot:.1f}", f"{hot / REFUSAL_US:.1%}"],
        ["a page of web or gate", f"{page:.1f}", f"{page / PAGE_US:.1%}"],
    ]
    head = ["counting", "CPU-µs a request", "of the cheapest answer"]
    scrape_ms, lines = _scrape()
    if markdown:
        print("\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]))
    else:
        print(table(head, rows))
    print(f"\nA scrape of {ROUTES} routes ({lines} lines) takes {scrape_ms:.0f} CPU-ms. {machine()}, {PAIRS} pairs.")


def _pairs(one: Callable[[], None], other: Callable[[], None]) -> float:
    """CPU-µs that one takes longer than the other, in the middle of all pairs."""
    one(), other()
    return statistics.median(_cpu_us(one) - _cpu_us(other) for _ in range(PAIRS))


def _cpu_us(work: Callable[[], None]) -> float:
    began = time.thread_time()
    for _ in range(TIMES // BATCH):
        work()
    return (time.thread_time() - began) / TIMES * 1e6


def _hold() -> None:
    """What a batch of them pays: each for itself, and the lane for all."""
    for _ in range(BATCH):
        began = time.perf_counter()
        requests.note("/api/v1/shop/<organizer>/<event>/holds", "POST", 409, time.perf_counter() - began)
    lane._count([Answered()] * BATCH, 0.004)  # type: ignore[list-item]


def _no_hold() -> None:
    for _ in range(BATCH):
        pass


def _pages() -> tuple[Callable[[], None], Callable[[], None]]:
    def view(_environ: Any, start_response: Any) -> Iterable[bytes]:
        logs.add_fact(route="/<slug:organizer>/<slug:event>/")
        start_response("200 OK", [])
        return [b""]

    counted = logs.RequestLog(WithRequests(WithTurns(view, 8, view)), "bench")
    bare = logs.RequestLog(WithTurns(view, 8, view), "bench")
    nothing = dict.fromkeys(wsgi._observe_wait, Nothing().observe)

    def without() -> None:
        with patch.object(wsgi, "_observe_wait", nothing):
            for _ in range(BATCH):
                _ask(bare)

    def with_counts() -> None:
        with patch.object(wsgi, "_observe_wait", wsgi._observe_wait):
            for _ in range(BATCH):
                _ask(counted)

    return with_counts, without


def _ask(app: Any) -> None:
    body = app({"REQUEST_METHOD": "GET", "PATH_INFO": "/olga/concert/"}, lambda *_answer: None)
    list(body)
    body.close()


def _scrape() -> tuple[float, int]:
    """Of a web process that has answered on every route."""
    for number in range(ROUTES):
        for status in (200, 404):
            requests.note(f"/route-{number}/", "GET", status, 0.02)
    turns = WithTurns(lambda *_: [], 8, lambda *_: []).turns
    registry.expose(*names.HTTP, names.HOLD_REQUESTS, *turns_figures(turns), *figures.LANES)
    # The disk's figures are of the folder that the settings name.
    os.environ |= {
        "FAIRGATE_DATA_DIR": str(Path(__file__).parent),
        "FAIRGATE_DATABASE_URL": "postgresql://bench@127.0.0.1:1/bench",
        "FAIRGATE_VALKEY_URL": "valkey://127.0.0.1:1/0",
        "FAIRGATE_SECRET_KEY": secrets.token_hex(32),
        "FAIRGATE_PUBLIC_URL": "http://bench.example.org",
    }
    began = time.thread_time()
    for _ in range(10):
        text = registry.text()
    return (time.thread_time() - began) * 100, text.count(b"\n")


if __name__ == "__main__":
    main()
