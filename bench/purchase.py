"""What a purchase costs: the whole way of a browser through the door, to the mail with its tickets.

    python bench/purchase.py                        an installation of its own, in a temporary folder
    python bench/purchase.py --data var             one that runs; its statements are not counted
    python bench/purchase.py --json > figures.json

Processor time is that of the installation's processes alone; the buyers' own is told apart. It counts everything that
ran meanwhile, so what the installation does when idle is in it too, and told beside it. Where other programs share the
machine, the same work takes more processor time: how much of the machine they had is told, too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import buyers
import installation
import mails
import meter
import page
import report
import statements
from installation import Target
from sale import Sale, open_sale

GOAL_CPU_MS, GOAL_STATEMENTS, GOAL_PAGE_STATEMENTS = 15, 30, 8
IDLE_S = 5


def main() -> None:
    wish = _wish()
    figures = _measure_own(wish) if wish.data is None else _measure_running(wish)
    print(json.dumps(figures, indent=2) if wish.json else _told(figures))
    if wish.chart:
        parts = {run["name"]: run["cpu_ms"] for run in figures["runs"]}
        wish.chart.write_text(report.bars("Processor time of one purchase, by process", "ms", parts, GOAL_CPU_MS))


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What a purchase costs.")
    parser.add_argument("--data", type=Path, help="measure this running installation instead of one of its own")
    parser.add_argument("--purchases", type=int, default=300, help="in each run (300)")
    parser.add_argument("--buyers", type=int, default=16, help="at a time (16)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind; the median counts (3)")
    parser.add_argument("--page-seconds", type=float, default=5, help="how long the event page is asked for (5)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg", help="draw the processor time, too")
    parser.add_argument("--list-statements", action="store_true", help="each SQL statement of a purchase, too")
    return parser.parse_args()


def _measure_own(wish: argparse.Namespace) -> dict[str, Any]:
    with installation.own() as target:
        report.say("Starting an installation.")
        target.up()
        figures = _measure(target, wish)
        target.down()
        report.say("Starting it again, to count statements.")
        statements.prepare(target)
        target.up()
        return figures | _count_statements(target, wish)


def _measure_running(wish: argparse.Namespace) -> dict[str, Any]:
    return _measure(installation.running(wish.data), wish)


def _measure(target: Target, wish: argparse.Namespace) -> dict[str, Any]:
    pids = meter.with_supervisor(target.pids())
    sale = open_sale(target)
    report.say("Warming up.")
    _buy(target, sale, 4 * wish.buyers, wish.buyers, quantity=1)
    idle = _idle(pids)
    runs = []
    for quantity in (1, 2):
        rounds = []
        for number in range(wish.rounds):
            report.say(f"Buying {quantity} free tickets at a time, {wish.purchases} times, round {number + 1}.")
            rounds.append(_run(target, pids, sale, wish, quantity))
        name = f"{quantity} ticket{'s' if quantity > 1 else ''}"
        runs.append({"name": name} | sorted(rounds, key=lambda run: sum(run["cpu_ms"].values()))[len(rounds) // 2])
    report.say("Asking for the event page.")
    pages = [page.measure(target, pids, sale, wish.page_seconds) for _ in range(wish.rounds)]
    shown = {name: median(found[name] for found in pages) for name in pages[0]}
    return {"machine": report.machine(), "buyers": wish.buyers, "runs": runs, "page": shown, "idle_cpu_ms_per_s": idle}


def _run(target: Target, pids: meter.Pids, sale: Sale, wish: argparse.Namespace, quantity: int) -> dict[str, Any]:
    mailed = set((target.data / "mail").glob("*.eml"))
    before, own, began = meter.cpu_ms(pids), time.process_time(), time.perf_counter()
    machine = meter.machine_ms()
    purchases = buyers.buy_all(target, sale, wish.purchases, wish.buyers, quantity)
    bought = time.perf_counter() - began
    mails.wait(target.data / "mail", len(mailed), len(purchases))
    passed = time.perf_counter() - began
    spent, own = meter.between(before, meter.cpu_ms(pids)), time.process_time() - own
    others = meter.machine_ms() - machine - sum(spent.values()) - own * 1000
    steps = {step: [purchase.ms[step] for purchase in purchases] for step in buyers.STEPS}
    delays = mails.delays_s(target.data / "mail", mailed, purchases)
    return {
        "quantity": quantity,
        "purchases": len(purchases),
        "purchases_per_s": len(purchases) / passed,
        "purchases_per_s_without_mail": len(purchases) / bought,
        "cpu_ms": {kind: ms / len(purchases) for kind, ms in spent.items()},
        "buyers_cpu_ms": own * 1000 / len(purchases),
        "others_share": max(0.0, others / (passed * 1000 * (os.cpu_count() or 1))),
        "steps_ms": {step: _spread(times) for step, times in steps.items()},
        "whole_ms": _spread([purchase.whole_ms for purchase in purchases]),
        "mail_s": _spread(delays),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"p50": report.percentile(values, 0.5), "p99": report.percentile(values, 0.99)}


def _idle(pids: meter.Pids) -> float:
    before = meter.cpu_ms(pids)
    time.sleep(IDLE_S)
    return sum(meter.between(before, meter.cpu_ms(pids)).values()) / IDLE_S


def _count_statements(target: Target, wish: argparse.Namespace) -> dict[str, Any]:
    sale = open_sale(target)
    _buy(target, sale, 2 * wish.buyers, wish.buyers, quantity=1)
    counts = {}
    for quantity in (1, 2):
        with statements.counting(target) as counted:
            _buy(target, sale, wish.purchases, wish.buyers, quantity)
        counts[f"{quantity} ticket{'s' if quantity > 1 else ''}"] = counted.per(wish.purchases)
    calls = counted.statements | counted.transactions | counted.key_checks
    each = {text: number / wish.purchases for text, number in calls.items()} if wish.list_statements else {}
    return {"statements": counts, "page_statements": page.count_statements(target), "statements_each": each}


def _buy(target: Target, sale: Sale, purchases: int, at_a_time: int, quantity: int) -> None:
    """With their mails, so that nothing of it is left for the next."""
    known = mails.count(target.data / "mail")
    buyers.buy_all(target, sale, purchases, at_a_time, quantity)
    mails.wait(target.data / "mail", known, purchases)
    # A task is done a moment after its mail is there.
    time.sleep(1)


def _told(figures: dict[str, Any]) -> str:
    told = [figures["machine"], f"{figures['buyers']} buyers at a time"]
    for run in figures["runs"]:
        told += ["", *_run_told(run)]
    if "statements" in figures:
        told += ["", f"SQL statements of one purchase (goal {GOAL_STATEMENTS}), as PostgreSQL counts them"]
        head = ("", "statements", "transaction control", "key checks", "sum")
        told.append(
            report.table(
                head, [(name, *(counts[each] for each in head[1:])) for name, counts in figures["statements"].items()]
            )
        )
        told += [f"{number:6.2f}  {text[:150]}" for text, number in figures["statements_each"].items()]
        told += ["", f"SQL statements of one event page that the cache does not have (goal {GOAL_PAGE_STATEMENTS})"]
        told.append(report.table(("", "statements"), list(figures["page_statements"].items())))
    shown = figures["page"]
    told += [
        "",
        f"The event page under load: {shown['requests_per_s']:.0f} requests/s,"
        f" {shown['cache_share']:.2%} from the door's cache ({shown['reached_web_per_s']:.1f}/s reach web)",
        f"CPU-ms of one request: door {shown['door_cpu_ms']:.3f}, behind it {shown['behind_cpu_ms']:.3f}",
        f"Idle, the installation takes {figures['idle_cpu_ms_per_s']:.0f} CPU-ms a second",
    ]
    return "\n".join(told)


def _run_told(run: dict[str, Any]) -> list[str]:
    steps = [*run["steps_ms"].items(), ("whole purchase", run["whole_ms"])]
    costs = sorted(run["cpu_ms"].items(), key=lambda item: -item[1])
    return [
        f"{run['name']}: {run['purchases_per_s']:.1f} purchases/s with their mails"
        f" ({run['purchases_per_s_without_mail']:.1f}/s without waiting for these);"
        f" other programs had {run['others_share']:.0%} of the machine",
        report.table(("ms", "p50", "p99"), [(step, spread["p50"], spread["p99"]) for step, spread in steps]),
        f"mail after {run['mail_s']['p50']:.1f} s (p50), {run['mail_s']['p99']:.1f} s (p99)",
        "",
        report.table(
            (f"CPU-ms (goal {GOAL_CPU_MS})", ""),
            [*costs, ("sum", sum(run["cpu_ms"].values())), ("(buyers)", run["buyers_cpu_ms"])],
        ),
    ]


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
