"""What more threads, more processes and the choice among them bring; docs/scaling.md shows the figures.

    python bench/scaling.py                     tables; --markdown for a page of the documentation
    python bench/scaling.py --chart FILE.svg    and the web tier from 1 to 4 processes as a chart

An installation of its own. Web processes have a core to themselves and a share of it each; the load generator, the
door and the database have another. Everybody asks for an event's page, past the caches of the door. Needs root.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import cap
import chart
import closed_loop
import installation
import meter
import report
import second_door
from installation import Target
from sale import open_sale

WEB_CORE, OTHER_CORE = 0, 1
SHARE = 0.25
PROCESSES = (1, 2, 3, 4)
THREADS = (1, 2, 4, 8, 16, 32)
CLIENTS_OF_ONE, CLIENTS_OF_ALL = 12, 48
WARM_S = 3
GOAL = 3.6
HEAD_VERTICAL = ("threads of one web process", "requests/s", "p50 ms", "p99 ms", "PSS MB")
HEAD_HORIZONTAL = (
    "web processes, 0.25 core each",
    "requests/s",
    "times",
    "p50 ms",
    "p99 ms",
    "web cores",
    "waited for its share",
)
HEAD_BALANCING = ("one of four has a fifth of the others' share", "requests/s", "p50 ms", "p90 ms", "p99 ms")


def main() -> None:
    parser = argparse.ArgumentParser(description="Threads, processes, balancing.")
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement (8)")
    parser.add_argument("--markdown", action="store_true", help="tables for a page of the documentation")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg")
    wish = parser.parse_args()
    table = report.markdown if wish.markdown else report.table
    print(report.machine(), flush=True)
    with installation.own() as target:
        vertical = [_vertical(target, threads, wish.seconds) for threads in THREADS]
        print("", table(HEAD_VERTICAL, vertical), sep="\n", flush=True)
        target.up()
        path = _path(target)
        horizontal = [_horizontal(target, path, count, wish.seconds) for count in PROCESSES]
        first = horizontal[0][1]
        rows = [(row[0], row[1], row[1] / first, *row[2:]) for row in horizontal]
        print("", table(HEAD_HORIZONTAL, rows), sep="\n")
        print(f"\n1 to {PROCESSES[-1]} processes: {rows[-1][2]:.2f} times (goal {GOAL})", flush=True)
        balancing = [_balancing(target, path, how, wish.seconds) for how in second_door.WAYS]
        print("", table(HEAD_BALANCING, balancing), sep="\n")
    if wish.chart:
        drawn = {
            "web processes": {row[0]: row[1] for row in rows},
            "if it were linear": {n: first * n for n in PROCESSES},
        }
        wish.chart.write_text(chart.lines("Event pages a second, 0.25 core for each", "web processes", drawn))


def _path(target: Target) -> str:
    return f"{open_sale(target).page}?past=caches"


def _vertical(target: Target, threads: int, seconds: float) -> tuple[object, ...]:
    target.up(FAIRGATE_WEB_THREADS=str(threads), FAIRGATE_WEB_WORKERS="1")
    path = _path(target)
    with placed(target, [1.0]):
        # Connections are opened and templates read before anything counts.
        closed_loop.ask(target.port, path, 2 * max(THREADS), WARM_S, OTHER_CORE)
        answers = closed_loop.pages(target.port, path, 2 * max(THREADS), seconds, OTHER_CORE)
    memory = meter.memory_mb({"web": target.pids()["web"]})["web"]
    target.down()
    return threads, answers.rate, answers.percentile(0.5), answers.percentile(0.99), memory


def _horizontal(target: Target, path: str, count: int, seconds: float) -> tuple[int, float, float, float, float, str]:
    target.command("scale", f"web={count}")
    pids = {"web": target.pids()["web"]}
    closed_loop.ask(target.port, path, CLIENTS_OF_ONE * count, WARM_S)
    with placed(target, [SHARE] * count) as groups:
        before, waited = meter.cpu_ms(pids), sum(group.throttled() for group in groups)
        answers = closed_loop.pages(target.port, path, CLIENTS_OF_ONE * count, seconds, OTHER_CORE)
        cores = meter.between(before, meter.cpu_ms(pids))["web"] / 1000 / (seconds + closed_loop.WARM_UP_S)
        waits = sum(group.throttled() for group in groups) - waited
    periods = (seconds + closed_loop.WARM_UP_S) * 1e6 / cap.PERIOD_US * count
    return count, answers.rate, answers.percentile(0.5), answers.percentile(0.99), cores, f"{waits / periods:.0%}"


def _balancing(target: Target, path: str, how: str, seconds: float) -> tuple[object, ...]:
    with placed(target, [SHARE, SHARE, SHARE, SHARE / 5]), second_door.opened(target, how) as port:
        answers = closed_loop.pages(port, path, CLIENTS_OF_ALL, seconds, OTHER_CORE)
    return how, answers.rate, *(answers.percentile(share) for share in (0.5, 0.9, 0.99))


@contextlib.contextmanager
def placed(target: Target, shares: Sequence[float]) -> Iterator[list[cap.Group]]:
    """Each web process in a group of its own on the web core; all others together on the other one."""
    pids = meter.with_supervisor(target.pids())
    with contextlib.ExitStack() as stack:
        others = stack.enter_context(cap.group("others"))
        for kind, roots in pids.items():
            if kind != "web":
                _put(others, meter.members(kind, roots), OTHER_CORE)
        others.add([os.getpid()])
        groups = []
        for number, (root, share) in enumerate(zip(pids["web"], shares, strict=True)):
            groups.append(stack.enter_context(cap.group(f"web-{number}", share)))
            _put(groups[-1], meter.members("web", [root]), WEB_CORE)
        yield groups


def _put(group: cap.Group, pids: Iterator[int], core: int) -> None:
    every = list(pids)
    group.add(every)
    cap.pin(every, core)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
