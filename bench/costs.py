"""What each action costs each process: the figures from which `fairgate capacity` plans.

    python bench/costs.py                                            a table; --markdown for a page of the documentation
    python bench/costs.py --json > fairgate/capacity/reference.json  as the plan reads them

An installation of its own. Each step of a purchase is taken by all buyers before the next one, so that the time
of one is not mixed with another's. Such crowds share more than buyers of a sale do (the commit of a batch of holds,
what a processor keeps near), so whole purchases are measured too, and the steps are raised to them, for each process by
itself; but for stock, which has such a crowd whenever it is busy enough to matter.
Mail follows in a second part, as its worker is away in the first. What the installation takes when idle is subtracted,
and told beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import actions
import cap
import installation
import meter
import psycopg
import report
from costing import KINDS, Bench, Cost, less
from installation import Target
from sale import open_sale

from fairgate.capacity.calibrate import loop_ms

WHOLE = "a whole purchase"
WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint, pg_database_size(current_database())"


def main() -> None:
    parser = argparse.ArgumentParser(description="What each action costs each process.")
    parser.add_argument("--purchases", type=int, default=240, help="in each round (240)")
    parser.add_argument("--rounds", type=int, default=3, help="of each step; the one in the middle counts (3)")
    parser.add_argument("--seconds", type=float, default=3, help="of asking for pages (3)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="a table for a page of the documentation")
    wish = parser.parse_args()
    with installation.own() as target, contextlib.ExitStack() as stack:
        target.up()
        if cap.is_there():
            # Right of way before whatever else runs here; the supervisor hands it on to what it starts.
            group = stack.enter_context(cap.group("costs"))
            for kind, roots in meter.with_supervisor(target.pids()).items():
                group.add(meter.members(kind, roots))
            group.add([os.getpid()])
        found = _measure(target, wish)
    if wish.json:
        print(json.dumps(_rounded(found), indent=1))
        return
    print(found["machine"], f"others had {found['others_share']:.0%} of it", sep="\n")
    print((report.markdown if wish.markdown else report.table)(("CPU-ms", *KINDS, "sum"), _rows(found["actions"])))
    print({name: value for name, value in found.items() if name not in ("actions", "machine")})


def _measure(target: Target, wish: argparse.Namespace) -> dict[str, Any]:
    sale = open_sale(target)
    loop = loop_ms()
    report.say("Warming up.")
    actions.buy(target, sale, 60)
    actions.mailed(target, 60)
    target.command("scale", "worker=0")
    bench = Bench(target)
    before = _stored(target)
    rounds: list[dict[str, Cost]] = []
    for number in range(wish.rounds):
        report.say(f"Each step of {wish.purchases} purchases, round {number + 1}.")
        rounds.append(actions.steps(bench, sale, wish.purchases) | actions.pages(bench, sale, wish.seconds))
        rounds[number] |= {WHOLE: actions.purchases_whole(bench, sale, wish.purchases)}
    report.say("Waiting for the mails.")
    target.command("scale", "worker=1")
    orders = 2 * wish.rounds * wish.purchases
    actions.mailed(target, 60 + orders)
    stored = _stored(target)
    time.sleep(actions.SETTLE_S)
    bench_without_worker, bench = bench, Bench(target)
    for number in range(wish.rounds):
        report.say(f"Orders with their mails, round {number + 1}.")
        rounds[number] |= {"mail": less(actions.orders_with_mail(bench, sale, wish.purchases), rounds[number]["order"])}
    memory = meter.memory_mb(meter.with_supervisor(target.pids()))
    for number, scans in enumerate(actions.scans(bench, sale, wish.purchases, wish.rounds)):
        report.say(f"Scans, round {number + 1}.")
        rounds[number] |= {"scan": scans}
    costs = {name: _middle([found[name] for found in rounds]) for name in rounds[0]}
    return {
        "machine": report.machine(),
        "cores": os.cpu_count(),
        "loop_ms": loop,
        "tickets": actions.TICKETS,
        "others_share": max(bench.others_share, bench_without_worker.others_share),
        "idle_cpu_ms_per_s": {kind: bench.idle.get(kind, 0.0) for kind in KINDS},
        "actions": _as_in_a_sale(costs, costs.pop(WHOLE)),
        "spread": _spread(rounds),
        "memory_mb": memory,
        "order_bytes": (stored[1] - before[1]) / orders,
        "order_wal_bytes": (stored[0] - before[0]) / orders,
    }


def _stored(target: Target) -> tuple[int, int]:
    with psycopg.connect(target.database_url()) as connection:
        wal, size = connection.execute(WAL).fetchone() or (0, 0)
    return int(wal), int(size)


def _middle(costs: Sequence[Cost]) -> Cost:
    return sorted(costs, key=lambda cost: sum(cost.values()))[len(costs) // 2]


def _as_in_a_sale(costs: dict[str, Cost], whole: Cost) -> dict[str, Cost]:
    steps = {kind: sum(costs[step][kind] for step in actions.STEPS) for kind in whole}
    raised = {kind: whole[kind] / ms if ms and kind != "stock" else 1.0 for kind, ms in steps.items()}
    return {
        name: {kind: ms * raised[kind] for kind, ms in cost.items()} if name in actions.STEPS else cost
        for name, cost in costs.items()
    }


def _spread(rounds: Sequence[dict[str, Cost]]) -> float:
    """By how much the rounds of one purchase lie apart, as a part of the one in the middle."""
    sums = sorted(sum(sum(found[part].values()) for part in (WHOLE, "mail")) for found in rounds)
    return (sums[-1] - sums[0]) / 2 / sums[len(sums) // 2]


def _rows(costs: dict[str, Cost]) -> list[tuple[object, ...]]:
    return [(name, *(cost[kind] for kind in KINDS), sum(cost.values())) for name, cost in costs.items()]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
