"""What comes of it when ten times as many want something as can have it; docs/scaling.md shows the figures.

    python bench/overload.py                     tables; --markdown for a page of the documentation
    python bench/overload.py --chart FILE.svg    and what is answered against what is asked for as a chart

An installation of its own. First everyone wants pages that no cache has, while some pay; then everyone wants places.
What is overloaded (web, then stock) has a share of a core; the load generator, the door and the database have another
core. Needs root.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import cap
import chart
import closed_loop
import installation
import meter
import open_loop
import report
from installation import Target
from open_loop import Came, Request
from sale import Sale, open_sale

LIMITED_CORE, OTHER_CORE = 0, 1
# So small that ten times as much is still little for the load generator.
SHARES = {"web": 0.25, "stock": 0.1}
STEPS = (0.5, 0.8, 1.0, 1.5, 2.0, 5.0, 10.0)
PAYING_SHARE = 0.05
CLIENTS = 32
WELL_MS = 500.0
GOAL_GOODPUT, GOAL_P99_MS, GOAL_RECOVERY_S = 0.8, 1000, 10
BROWSE, PAY, HOLD = "browses", "pays", "holds"
HEAD = ("offered", "a second", "answered/s", "of the peak", "p50 ms", "p99 ms", "refused", "told after ms")
PAY_HEAD = ("offered", "paid", "pay p50 ms", "pay p99 ms")
COST_HEAD = ("CPU-ms of a refusal", "door", "web", "stock")


@dataclass(frozen=True)
class Step:
    times: float
    offered: float
    came: Came
    cpu_ms: dict[str, float]

    @property
    def refused(self) -> int:
        return len(self.came.ms(statuses=open_loop.REFUSED))


def main() -> None:
    parser = argparse.ArgumentParser(description="Ten times as many as can be served.")
    parser.add_argument("--seconds", type=float, default=10, help="of each step (10)")
    parser.add_argument("--only", choices=("pages", "places"), help="one of the two alone")
    parser.add_argument("--markdown", action="store_true", help="tables for a page of the documentation")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg")
    wish = parser.parse_args()
    table = report.markdown if wish.markdown else report.table
    print(report.machine(), flush=True)
    drawn = {}
    with installation.own() as target:
        target.up()
        sale = open_sale(target)
        for what, limited in (("pages", "web"), ("places", "stock")):
            if wish.only not in (None, what):
                continue
            with _placed(target, limited) as pids:
                steps, recovery_s = (
                    _pages(target, sale, wish, pids) if what == "pages" else _places(target, sale, wish, pids)
                )
            peak = max(step.came.rate() for step in steps)
            print(
                f"\n{what}, {limited} has {SHARES[limited]} of a core",
                table(HEAD, [_row(step, peak) for step in steps]),
                sep="\n",
            )
            if what == "pages":
                print("", table(PAY_HEAD, [_paid(step) for step in steps]), sep="\n")
            print("", table(COST_HEAD, [_refusal(steps)]), sep="\n")
            last = steps[-1]
            print(
                f"\nat {last.times:g} times: {last.came.rate() / peak:.0%} of the peak (goal {GOAL_GOODPUT:.0%}),"
                f" p99 {last.came.percentile(0.99):.0f} ms (goal {GOAL_P99_MS}),"
                f" normal after {recovery_s:.1f} s (goal {GOAL_RECOVERY_S})",
                flush=True,
            )
            drawn[what] = {step.times: step.came.rate() for step in steps}
    if wish.chart:
        wish.chart.write_text(chart.lines("Answered a second", "offered, times capacity", drawn))


def _pages(target: Target, sale: Sale, wish: argparse.Namespace, pids: meter.Pids) -> tuple[list[Step], float]:
    path = f"{sale.page}?past=caches"
    browse = Request(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    # Connections are opened and templates read before anything counts.
    closed_loop.ask(target.port, path, CLIENTS, wish.seconds, OTHER_CORE)
    capacity = closed_loop.ask(target.port, path, CLIENTS, wish.seconds, OTHER_CORE).rate
    report.say(f"A page that no cache has: {capacity:.0f}/s.")
    paying = PAYING_SHARE * capacity
    orders = _orders(target, sale, int(2 * paying * wish.seconds * (len(STEPS) + 3)))
    steps = []
    for times in STEPS:
        offered = {BROWSE: (capacity * times, browse), PAY: (paying, orders)}
        steps.append(_step(target, offered, times, wish.seconds, pids))
        orders = orders.after(steps[-1].came.came_of(PAY))
    came = _come(target, {BROWSE: (capacity / 2, browse), PAY: (paying, orders)}, 2 * GOAL_RECOVERY_S)
    return steps, came.seconds_until_well(WELL_MS)


def _places(target: Target, sale: Sale, wish: argparse.Namespace, pids: meter.Pids) -> tuple[list[Step], float]:
    hold = _hold(target, sale)
    capacity = max(_come(target, {HOLD: (rate, hold)}, wish.seconds / 2).rate() for rate in (100, 200, 400, 800))
    steps = [_step(target, {HOLD: (capacity * times, hold)}, times, wish.seconds, pids) for times in STEPS]
    return steps, _come(target, {HOLD: (capacity / 2, hold)}, 2 * GOAL_RECOVERY_S).seconds_until_well(WELL_MS)


def _step(target: Target, offered: open_loop.Requests, times: float, seconds: float, pids: meter.Pids) -> Step:
    before = meter.cpu_ms(pids)
    came = _come(target, offered, seconds)
    step = Step(
        times, sum(rate for rate, _request in offered.values()), came, meter.between(before, meter.cpu_ms(pids))
    )
    report.say(
        f"{times:g} times: {step.offered:.0f}/s asked, {came.rate():.0f}/s answered,"
        f" p99 {came.percentile(0.99):.0f} ms; generator late by {came.late_ms:.0f} ms, wrong: {dict(came.wrong())}"
    )
    return step


def _come(target: Target, offered: open_loop.Requests, seconds: float) -> Came:
    return open_loop.come(target.port, offered, seconds, OTHER_CORE)


def _row(step: Step, peak: float) -> tuple[object, ...]:
    came = step.came
    refused = step.refused / max(1, came.came)
    return (
        f"{step.times:g} times",
        step.offered,
        came.rate(),
        f"{came.rate() / peak:.0%}",
        came.percentile(0.5),
        came.percentile(0.99),
        f"{refused:.0%}",
        came.percentile(0.5, statuses=open_loop.REFUSED) if step.refused else "",
    )


def _paid(step: Step) -> tuple[object, ...]:
    came = step.came
    return f"{step.times:g} times", f"{came.share(PAY):.1%}", came.percentile(0.5, PAY), came.percentile(0.99, PAY)


def _refusal(steps: list[Step]) -> tuple[object, ...]:
    """What the last step took more than the one at capacity, for each that it refused more."""
    base, last = next(step for step in steps if step.times == 1), steps[-1]
    more = max(1, last.refused - base.refused)
    return "", *(f"{(last.cpu_ms[kind] - base.cpu_ms[kind]) / more:.3f}" for kind in COST_HEAD[1:])


def _hold(target: Target, sale: Sale) -> Request:
    body = json.dumps({"items": [{"ticket_type": sale.ticket_types[0], "quantity": 1}]})
    return Request(
        f"POST {sale.holds_api} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nIdempotency-Key: {open_loop.KEY}\r\n\r\n{body}"
    )


def _orders(target: Target, sale: Sale, count: int) -> Request:
    """Holds are made beforehand: who pays has one."""
    connection = HTTPConnection("127.0.0.1", target.port, timeout=30)
    body = json.dumps({"items": [{"ticket_type": sale.ticket_types[0], "quantity": 1}]})
    each = []
    for _ in range(count):
        key = {"Idempotency-Key": secrets.token_hex(16), "Content-Type": "application/json"}
        connection.request("POST", sale.holds_api, body, key)
        each.append(json.loads(connection.getresponse().read()))
    order = json.dumps({"email": "ben@example.org", "name": "Ben", "payment": "free"})
    return Request(
        "POST /api/v1/shop/holds/%(hold)s/order HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(order)}\r\nIdempotency-Key: {open_loop.KEY}\r\n"
        f"Fairgate-Secret: %(secret)s\r\n\r\n{order}",
        tuple((made["hold"], made["secret"]) for made in each),
    )


@contextlib.contextmanager
def _placed(target: Target, limited: str) -> Iterator[meter.Pids]:
    """What is overloaded in a group of its own on one core; all others together on the other one."""
    pids = meter.with_supervisor(target.pids())
    with contextlib.ExitStack() as stack:
        others = stack.enter_context(cap.group("others"))
        others.add([os.getpid()])
        few = stack.enter_context(cap.group("limited", SHARES[limited]))
        for kind, roots in pids.items():
            members = list(meter.members(kind, roots))
            (few if kind == limited else others).add(members)
            cap.pin(members, LIMITED_CORE if kind == limited else OTHER_CORE)
        time.sleep(1)
        yield pids


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
