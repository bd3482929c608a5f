"""Visitors who read and say nothing: do those who come meanwhile get in? docs/scaling.md shows the figures.

    python bench/silence.py                  a table; --markdown for a page of the documentation
    python bench/silence.py --visitors 600   fewer in a second

An installation of its own, and an event's page that the door has kept. Each visitor asks for it once, on a connection
of her own, and then reads: she keeps the connection until the door ends it, as browsers do. So many come in a second
that more read at a time than the door has connections.
"""

from __future__ import annotations

import argparse
import resource
import select
import socket
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import installation
import meter
import report
from sale import open_sale

PATIENCE_S = 10.0
HEAD = ("visitors a second", "came", "answered", "p50 ms", "p95 ms", "p99 ms", "open at most", "door CPU-ms each")


@dataclass
class Came:
    came: int = 0
    most_open: int = 0
    # From when she came until she had the whole answer.
    ms: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description="Visitors who read and say nothing.")
    parser.add_argument("--visitors", type=int, default=1500, help="who come in a second (1500)")
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--markdown", action="store_true", help="a table for a page of the documentation")
    wish = parser.parse_args()
    with installation.own() as target:
        target.up()
        sale = open_sale(target)
        pids = target.pids()
        before = meter.cpu_ms(pids)
        with ProcessPoolExecutor(1) as apart:
            came = apart.submit(come, target.port, sale.page, wish.visitors, wish.seconds).result()
        door_ms = meter.between(before, meter.cpu_ms(pids))["door"]
    print(report.machine())
    show = report.markdown if wish.markdown else report.table
    shares = [f"{report.percentile(came.ms, share):,.0f}" for share in (0.5, 0.95, 0.99)]
    row = (
        f"{wish.visitors:,}",
        f"{came.came:,}",
        f"{len(came.ms) / came.came:.1%}",
        *shares,
        f"{came.most_open:,}",
        door_ms / len(came.ms),
    )
    print(show(HEAD, [row]))


def come(port: int, path: str, visitors: int, seconds: float) -> Came:
    """Evenly, so that two runs are alike."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    poll, came = select.epoll(), Came()
    began: dict[int, float] = {}
    connections: dict[int, socket.socket] = {}
    got: dict[int, bytes] = {}
    start = time.perf_counter()
    while (now := time.perf_counter() - start) < seconds + PATIENCE_S and (now < seconds or began):
        while now < seconds and came.came < now * visitors:
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            connections[one.fileno()], began[one.fileno()] = one, time.perf_counter()
            poll.register(one, select.EPOLLOUT)
            came.came += 1
        came.most_open = max(came.most_open, len(connections))
        for number, event in poll.poll(0.001, 512):
            one = connections[number]
            if event & select.EPOLLOUT:
                one.send(request)
                poll.modify(number, select.EPOLLIN)
                got[number] = b""
                continue
            try:
                part = one.recv(262_144)
            except OSError:
                part = b""
            got[number] += part
            if number in began and _is_whole(got[number]):
                came.ms.append((time.perf_counter() - began.pop(number)) * 1000)
            if not part:
                # By the door: at once after the answer, or when she had read for too long.
                poll.unregister(number)
                del connections[number]
                began.pop(number, None)
                one.close()
    return came


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    lowered = head.lower()
    if not end:
        return False
    if b"content-length:" in lowered:
        return len(body) >= int(lowered.partition(b"content-length:")[2].split(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
