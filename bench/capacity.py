"""Whether what `fairgate capacity` foretells comes true: throughput at 1, 2 and 4 web processes, foretold and measured.

    python bench/capacity.py                     a table; --markdown for a page of the documentation
    python bench/capacity.py --chart FILE.svg    and as a chart
    python bench/capacity.py --json fairgate/capacity/checked.json        and as the plan reads it

Foretold from the costs in fairgate/capacity/reference.json alone, by mean value analysis with so many who go round. An
installation of its own. Web processes have a quarter of a core each on a core of their own; everything else, buyers
included, has another one. With mail, that other core is what limits from some number of web processes on. Needs root
and two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import buyers
import cap
import chart
import closed_loop
import installation
import mails
import meter
import report
from installation import Target
from sale import Sale, open_sale
from scaling import CLIENTS_OF_ONE, OTHER_CORE, SHARE, placed

from fairgate.capacity import laws
from fairgate.capacity.costs import PAGES, PURCHASES, WITH_MAIL, Check, reference
from fairgate.capacity.scalability import fit

PROCESSES = (1, 2, 4)
BUYERS_OF_ONE = 6
GOAL = 0.2
PURCHASE = {"event page, kept": 1, "hold": 1, "checkout": 1, "order": 1, "order page": 1, "tickets PDF": 1}
LOADS: dict[str, dict[str, float]] = {
    PAGES: {"event page, not kept": 1},
    PURCHASES: dict(PURCHASE),
    WITH_MAIL: {**PURCHASE, "mail": 1},
}
HEAD = (
    "a second, 0.25 core for each web process",
    "web processes",
    "bound",
    "foretold",
    "measured",
    "error",
    "web's CPU-ms each",
    "limit",
)


@dataclass(frozen=True)
class Found:
    check: Check
    bound: float
    web_ms: float
    limit: str


def main() -> None:
    parser = argparse.ArgumentParser(description="Foretold and measured throughput.")
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement, about (8)")
    parser.add_argument("--rounds", type=int, default=3, help="of each; the one in the middle counts (3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="what the plan reads, too")
    parser.add_argument("--markdown", action="store_true", help="tables for a page of the documentation")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg")
    wish = parser.parse_args()
    with installation.own() as target:
        target.up()
        # Threads of ours that come later are there, too; what the supervisor starts is not.
        cap.pin([os.getpid()], OTHER_CORE)
        found = _measure(target, wish.seconds, wish.rounds)
    checks = [each.check for each in found]
    if wish.chart:
        wish.chart.write_text(_chart(checks))
    if wish.json:
        told = [
            vars(check) | {"foretold": round(check.foretold, 2), "measured": round(check.measured, 2)}
            for check in checks
        ]
        wish.json.write_text(json.dumps({"machine": report.machine(), "checks": told}, indent=1) + "\n")
    table = report.markdown if wish.markdown else report.table
    rows = [_row(each) for each in found]
    print(report.machine(), "", table(HEAD, rows), "", *_laws(checks), sep="\n")


def _row(found: Found) -> tuple[object, ...]:
    check = found.check
    rates = (found.bound, check.foretold, check.measured)
    return check.load, check.processes, *rates, f"{check.error:+.0%}", found.web_ms, found.limit


def _measure(target: Target, seconds: float, rounds: int) -> list[Found]:
    sale = open_sale(target)
    buyers.buy_all(target, sale, 30, BUYERS_OF_ONE, reference().tickets)
    found = []
    for load in LOADS:
        if load == PAGES:
            target.command("scale", "worker=0")
        if load == WITH_MAIL:
            target.command("scale", "worker=1")
            _emptied(target)
        for processes in PROCESSES:
            report.say(f"{load}, {processes} web processes.")
            target.command("scale", f"web={processes}")
            turns = [_check(target, sale, load, processes, seconds) for _ in range(rounds)]
            found.append(sorted(turns, key=lambda turn: turn.check.measured)[rounds // 2])
    return found


def _check(target: Target, sale: Sale, load: str, processes: int, seconds: float) -> Found:
    _ask(target, sale, load, processes, 2, expected=SHARE * processes * 10)
    pids = {"web": target.pids()["web"]}
    with placed(target, [SHARE] * processes):
        own, before = time.process_time(), meter.cpu_ms(pids)
        bound = laws.highest_throughput(_stations(load, processes, 0))
        rate, done = _ask(target, sale, load, processes, seconds, expected=bound)
        web_ms = meter.between(before, meter.cpu_ms(pids))["web"] / done
        own_ms = (time.process_time() - own) * 1000 / done if load != PAGES else 0.0
    stations = _stations(load, processes, own_ms)
    each = [stations["web"].demand_s / SHARE / processes] * processes
    rest = stations["the other core"]
    foretold = laws.throughput([*each, rest.demand_s / rest.servers], _customers(load) * processes)
    check = Check(load, processes, foretold, rate)
    return Found(check, laws.highest_throughput(stations), web_ms, laws.bottleneck(stations))


def _customers(load: str) -> int:
    return CLIENTS_OF_ONE if load == PAGES else BUYERS_OF_ONE


def _ask(
    target: Target, sale: Sale, load: str, processes: int, seconds: float, *, expected: float
) -> tuple[float, int]:
    """How many a second, and how many."""
    if load == PAGES:
        path = f"{sale.page}?past=the-door"
        answers = closed_loop.pages(target.port, path, CLIENTS_OF_ONE * processes, seconds, OTHER_CORE)
        return answers.rate, round(answers.asked)
    number = max(2 * BUYERS_OF_ONE, int(expected * seconds))
    known, began = mails.count(target.data / "mail"), time.perf_counter()
    buyers.buy_all(target, sale, number, BUYERS_OF_ONE * processes, reference().tickets)
    if load == WITH_MAIL:
        mails.wait(target.data / "mail", known, number)
    return number / (time.perf_counter() - began), number


def _stations(load: str, processes: int, own_ms: float) -> dict[str, laws.Station]:
    """`own_ms`: what the load generator takes of the other core for each, which nobody's plan has."""
    demand, idle = reference().demand_ms(LOADS[load]), reference().idle
    rest = sum(ms for kind, ms in demand.items() if kind != "web")
    return {
        "web": laws.Station(demand["web"] / 1000, SHARE * processes),
        "the other core": laws.Station((rest + own_ms) / 1000, 1 - sum(idle.values()) / 1000),
    }


def _emptied(target: Target) -> None:
    """Until the mails that waited for a worker are all there. It takes a while to begin."""
    folder = target.data / "mail"
    mails.wait(folder, mails.count(folder), 1)
    known = -1
    while known != (known := mails.count(folder)):
        time.sleep(3)


def _laws(checks: list[Check]) -> list[str]:
    told = []
    for load in LOADS:
        law = fit((check.processes, check.measured) for check in checks if check.load == load)
        told.append(
            f"{load}: lambda {law.one:.1f}/s, sigma {law.contention:.4f}, kappa {law.coherency:.5f},"
            f" peak at {law.peak:.0f}"
        )
    worst = max(abs(check.error) for check in checks)
    return [*told, f"largest error {worst:.0%} (goal {GOAL:.0%})"]


def _chart(checks: list[Check]) -> str:
    drawn: dict[str, dict[int, float]] = {}
    for check in checks:
        drawn.setdefault(f"{check.load}, measured", {})[check.processes] = check.measured
        drawn.setdefault(f"{check.load}, foretold", {})[check.processes] = check.foretold
    return chart.lines("A second, by web processes of 0.25 core", "web processes", drawn)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
