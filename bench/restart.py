"""What restarts and failures cost those who ask meanwhile; docs/scaling.md shows the figures.

    python bench/restart.py             an installation of its own with three web processes; --markdown for a page

Under steady load: everything restarted, a web process killed, a web process stopped and let go on. With `--before`
also what it costs to restart a process by ending it, as it was done when there was no `fairgate restart`.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import report
from installation import FAIRGATE, Target, own
from sale import Sale, open_sale

from fairgate.runtime.door.servers import Servers
from fairgate.testing.load import Load, Question

CLIENTS, PAUSE_S = 12, 0.02
SETTLE_S = 3
HEAD = ("under steady load", "it took s", "requests", "failed", "failed that read", "slowest answer s")
Row = tuple[str, str, int, int, int, float]


def main() -> None:
    parser = argparse.ArgumentParser(description="Restarts and failures under load.")
    parser.add_argument("--markdown", action="store_true", help="a table for a page of the documentation")
    parser.add_argument("--before", action="store_true", help="also a restart by ending the process, with one of each")
    wish = parser.parse_args()
    print(report.machine(), flush=True)
    with own() as target:
        target.up()
        questions = _questions(open_sale(target))
        rows = []
        if wish.before:
            rows.append(_under_load("the one web process ended, as before", target, questions, _end_web))
        rows.append(_under_load("restart, one process of each kind", target, questions, _restart))
        target.command("scale", "web=3")
        rows.append(_under_load("restart, three web processes", target, questions, _restart))
        rows.append(_under_load("kill -9 of one of three", target, questions, _kill))
        rows.append(_under_load("one of three stopped (SIGSTOP)", target, questions, _stop))
    print("", (report.markdown if wish.markdown else report.table)(HEAD, rows), sep="\n")


def _questions(sale: Sale) -> list[Question]:
    """Pages and the API past the caches, a hold, an order that does not exist, the gate."""
    hold = f'{{"items": [{{"ticket_type": {sale.ticket_types[0]}, "quantity": 1}}]}}'.encode()
    json = {"Content-Type": "application/json", "Idempotency-Key": "the-same-for-each-hold-of-this"}
    return [
        Question("GET", f"{sale.page}?past=caches"),
        Question("GET", "/accounts/login/"),
        Question("POST", sale.holds_api, hold, json),
        Question("POST", "/api/v1/shop/holds/nobody/order", b"{}", json),
        Question("GET", "/gate/"),
    ]


def _under_load(name: str, target: Target, questions: list[Question], event: Callable[[Target], float]) -> Row:
    with Load(target.port, questions, CLIENTS, PAUSE_S) as load:
        time.sleep(SETTLE_S)
        took = event(target)
        _wait_until_well(target)
        time.sleep(SETTLE_S)
    reads = [asked for asked in load.failed if asked.question.method == "GET"]
    slowest = max(asked.ended - asked.began for asked in load.asked)
    return name, f"{took:.2f}", len(load.asked), len(load.failed), len(reads), slowest


def _restart(target: Target) -> float:
    began = time.monotonic()
    target.command("restart")
    return time.monotonic() - began


def _end_web(target: Target) -> float:
    began, former = time.monotonic(), _web(target, 1)
    former.terminate()
    psutil.wait_procs([former], timeout=20)
    _wait_until_well(target)
    return time.monotonic() - began


def _kill(target: Target) -> float:
    """Until the door sends it nothing more."""
    return _until_out(target, lambda: _web(target, 2).kill(), 2)


def _stop(target: Target) -> float:
    """Until the door sends it nothing more; then it goes on."""
    every = [_web(target, 3), *_web(target, 3).children(recursive=True)]
    took = _until_out(target, lambda: [one.send_signal(signal.SIGSTOP) for one in every], 3)
    time.sleep(SETTLE_S)
    for one in every:
        one.send_signal(signal.SIGCONT)
    return took


def _until_out(target: Target, do: Callable[[], object], index: int) -> float:
    do()
    began = time.monotonic()
    while _is_up(target, index):
        time.sleep(0.01)
    return time.monotonic() - began


def _is_up(target: Target, index: int) -> bool:
    table = asyncio.run(Servers(target.data / "run").tell(["show stat"]))
    rows = csv.DictReader(table.removeprefix("# ").splitlines())
    return any(row["pxname"] == "web" and row["svname"] == f"web{index}" and "UP" in row["status"] for row in rows)


def _web(target: Target, index: int) -> psutil.Process:
    processes = target.status()["processes"]
    return psutil.Process(next(p["pid"] for p in processes if (p["name"], p["index"]) == ("web", index)))


def _wait_until_well(target: Target) -> None:
    while subprocess.run([*FAIRGATE, "status", "--data", target.data], capture_output=True, check=False).returncode:
        time.sleep(0.1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
