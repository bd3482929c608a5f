"""How long an installation takes to start, and how much memory it has then.

    python bench/start.py            of its own, in a temporary folder
    python bench/start.py --json

Measured from the command to the door's answer. Memory is the proportional set size: what processes share is counted
once. It is taken at rest and again after some purchases, since processes load what they need when they need it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from statistics import median
from typing import Any

import buyers
import installation
import mails
import meter
import report
from installation import Target
from sale import open_sale

GOAL_START_S, GOAL_MEMORY_MB = 10, 700
REST_S = 3


def main() -> None:
    parser = argparse.ArgumentParser(description="Start time and memory.")
    parser.add_argument("--starts", type=int, default=3, help="of the existing installation; the median counts (3)")
    parser.add_argument("--purchases", type=int, default=100, help="before memory is taken again (100)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    wish = parser.parse_args()
    with installation.own() as target:
        figures = _measure(target, wish)
    print(json.dumps(figures, indent=2) if wish.json else _told(figures))


def _measure(target: Target, wish: argparse.Namespace) -> dict[str, Any]:
    first_s = target.up()
    starts = []
    for _ in range(wish.starts):
        target.down()
        starts.append(target.up())
    time.sleep(REST_S)
    pids = meter.with_supervisor(target.pids())
    at_rest = meter.memory_mb(pids)
    _sell(target, wish.purchases)
    return {
        "machine": report.machine(),
        "first_start_s": first_s,
        "starts_s": starts,
        "start_s": median(starts),
        "memory_mb": at_rest,
        "memory_mb_after_purchases": meter.memory_mb(pids),
        "purchases": wish.purchases,
    }


def _sell(target: Target, purchases: int) -> None:
    buyers.buy_all(target, open_sale(target), purchases, buyers=8, quantity=2)
    mails.wait(target.data / "mail", 0, purchases)


def _told(figures: dict[str, Any]) -> str:
    memory, later = figures["memory_mb"], figures["memory_mb_after_purchases"]
    kinds = sorted(memory, key=lambda kind: -memory[kind])
    each = ", ".join(f"{seconds:.1f}" for seconds in figures["starts_s"])
    return "\n".join(
        [
            figures["machine"],
            "",
            f"first start, in an empty folder   {figures['first_start_s']:.1f} s",
            f"start of what exists              {figures['start_s']:.1f} s (goal {GOAL_START_S}; each: {each})",
            "",
            report.table(
                (f"PSS in MB (goal {GOAL_MEMORY_MB})", "at rest", f"after {figures['purchases']} purchases"),
                [
                    *((kind, memory[kind], later[kind]) for kind in kinds),
                    ("sum", sum(memory.values()), sum(later.values())),
                ],
            ),
        ]
    )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
