"""What tracing costs: a request with its statements, and a hold in front of Flask, by the share that is traced.

    .venv/bin/python bench/traces.py [--markdown]

In turns, so that whatever else the machine does meets all of them: tracing off, at a share of 0, of 1 % and of all. The
processor time is that of the whole process, so the thread that encodes and sends is in it; the receiver is another
process. The difference to off is what tracing costs; its share is of what the cheapest answer of that kind costs in all
(docs/performance.md).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.report import machine, table
from fairgate.lib import logs, statements, traces
from fairgate.lib.wsgi import Ending
from fairgate.testing.waiting import free_port

ROUNDS, TIMES = 15, 2_000
# What waits is sent every five seconds, or when there are 512 spans of it. No more requests than a process has by then.
SENT_AFTER = {"off": 500, "share 0": 500, "share 0.01 (the default)": 500, "share 1": 100}
STATEMENTS = 5
SHARES = {"off": 0.0, "share 0": 0.0, "share 0.01 (the default)": 0.01, "share 1": 1.0}
# CPU-µs of the cheapest answers: a page of Django without statements, a refusal by HTTP in the stock process.
PAGE_US, REFUSAL_US = 1_000.0, 190.0
SQL = "SELECT o.code, o.state, o.gross FROM orders_order o WHERE o.event_id = %s AND o.state = %s ORDER BY o.id"

Work = Callable[[], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--receive", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.receive:
        HTTPServer(("127.0.0.1", asked.receive), Receiver).serve_forever()
    port = free_port()
    receiver = subprocess.Popen([sys.executable, __file__, "--receive", str(port)])
    try:
        pages, holds = _compare(_page, port), _compare(_hold, port)
    finally:
        receiver.kill()
    head = ["tracing", f"a request with {STATEMENTS} statements", "of a page", "a hold", "of a refusal"]
    rows = [
        [name, f"{pages[name]:.1f} µs", f"{pages[name] / PAGE_US:.1%}", f"{holds[name]:.1f} µs",
         f"{holds[name] / REFUSAL_US:.1%}"]
        for name in SHARES
        if name != "off"
    ]  # fmt: skip
    if asked.markdown:
        print("\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]))
    else:
        print(table(head, rows))
    print(f"\nCPU-µs more than with tracing off. {machine()}, {ROUNDS} rounds of {TIMES} requests.")


def _compare(work: Work, port: int) -> dict[str, float]:
    """CPU-µs a request that each takes longer than off, in the middle of all rounds."""
    took: dict[str, list[float]] = {name: [] for name in SHARES}
    for _ in range(ROUNDS + 1):
        for name, share in SHARES.items():
            if name != "off":
                os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{port}"
                traces.configure("bench", share)
            took[name].append(_cpu_us(work, SENT_AFTER[name]))
            traces.stop()
    # The first round imports and connects.
    return {name: _middle(its[1:], took["off"][1:]) for name, its in took.items()}


def _middle(its: Sequence[float], off: Sequence[float]) -> float:
    return statistics.median(one - other for one, other in zip(its, off, strict=True))


def _cpu_us(work: Work, at_a_time: int) -> float:
    began = time.process_time()
    for _ in range(TIMES // at_a_time):
        for _ in range(at_a_time):
            work()
        if sink := traces._sink:
            sink._processor.force_flush()  # type: ignore[attr-defined]
    return (time.process_time() - began) / TIMES * 1e6


def _view(_environ: Any, start_response: Any) -> Iterable[bytes]:
    logs.add_fact(route="/<slug:organizer>/<slug:event>/")
    own = statements.current.get()
    assert own
    for _ in range(STATEMENTS):
        own.add(SQL, 0.001)
    start_response("200 OK", [])
    return [b""]


_app: Any = logs.RequestLog(_view, "bench")


def _page() -> None:
    heard = str(time.time_ns() // 1_000_000)
    environ = {"REQUEST_METHOD": "GET", "HTTP_X_REQUEST_ID": str(uuid4()), "HTTP_X_REQUEST_START": heard}
    body: Ending = _app(environ, lambda *_answer: None)
    list(body)
    body.close()


def _hold() -> None:
    """In front of Flask, in a batch by itself."""
    heard = str(time.time_ns() // 1_000_000)
    line = logs.RequestLine("bench", str(uuid4()), "POST", "/api/v1/shop/<organizer>/<event>/holds", heard)
    batch = traces.shared([line.span])
    with logs.watch("slow_batch", batch, requests=1) as own:
        own.add("SELECT * FROM stock_hold_places(%s, %s)", 0.001)
    if batch is not None:
        batch.end("hold batch", traces.INTERNAL, {"fairgate.requests": 1})
    line.end(lambda _line: None, status=201)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


if __name__ == "__main__":
    main()
