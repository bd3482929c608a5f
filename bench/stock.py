"""How fast places are held, side by side with the bare row in the database that every shop must change.

    python bench/stock.py                        everything but the old holds, in about ten minutes
    python bench/stock.py --only hot,group       parts of it
    python bench/stock.py --old-holds 5000000    on tables with a past, too
    python bench/stock.py --long                 longer runs, and more of them
    python bench/stock.py --markdown             its tables for the documentation

Everything runs on this machine, the load included, on servers of its own in temporary folders, which have the settings
that Fairgate comes with (fsync is on). The parts take turns, round by round, and medians count: what else the machine
does meanwhile then hits them alike. After each run the database is asked whether it sold what the clients were told.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import chart
import installation
import report
import stock_parts
from stock_figures import GENERATOR, Run
from stock_goals import goals
from stock_server import serving

NAMES = {
    "hot": "bare hot row",
    "single": "functions singly",
    "group": "group commit in process",
    "http": "group commit by HTTP",
    "form": "group commit by the form for people",
    "refusals": "sold-out refusals by HTTP",
    "hot, synchronous": "bare hot row, synchronous standby",
    "group, synchronous": "group commit, synchronous standby",
}
PICTURE = Path(__file__).parents[1] / "docs/images/stock.svg"


def main() -> None:
    wish = _wish()
    found = _measure(wish)
    table = report.markdown if wish.markdown else report.table
    print(json.dumps(_plain(found), indent=2) if wish.json else _told(found, table))
    if wish.chart:
        series = {NAMES[name]: {n: run.rate for n, run in found[name].items()} for name in NAMES if name in found}
        wish.chart.write_text(chart.lines("Holds a second on one quota", "clients that wait", series))


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stock", description="How fast places are held.")
    parser.add_argument("--only", help=f"some of {','.join(stock_parts.PARTS)}")
    parser.add_argument("--seconds", type=float, help="of each run (3; with --long 10)")
    parser.add_argument("--rounds", type=int, help="of each part; the median counts (3; with --long 5)")
    parser.add_argument("--long", action="store_true", help="longer and more runs")
    parser.add_argument("--old-holds", type=int, default=0, metavar="N", help="compare tables with so many old holds")
    parser.add_argument("--orders-per-second", type=float, default=100, metavar="N", help="while others hold (100)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg", help=f"default of a whole run: {PICTURE.name}")
    wish = parser.parse_args()
    wish.seconds = wish.seconds or (10 if wish.long else 3)
    wish.rounds = wish.rounds or (5 if wish.long else 3)
    if wish.only is None and wish.chart is None:
        wish.chart = PICTURE
    chosen = set(wish.only.split(",")) if wish.only else set(stock_parts.PARTS)
    if unknown := chosen - set(stock_parts.PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    wish.parts = chosen
    return wish


def _measure(wish: argparse.Namespace) -> dict[str, Any]:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving())
        target = None
        if wish.parts & stock_parts.THROUGH_THE_DOOR:
            target = stack.enter_context(installation.own())
            target.up()
        found = stock_parts.measure(server, target, wish)
    if "standby" in wish.parts:
        found |= stock_parts.measure_with_standby(wish)
    runs = [run for name in NAMES for run in found.get(name, {}).values()]
    runs += [both["holds"] for both in found.get("orders", {}).values()]
    found["wrong"] = sum(run.wrong for run in runs) + found.pop("wrong among old holds", 0)
    return {"machine": report.machine()} | found


def _told(found: dict[str, Any], table: Callable[[Sequence[str], Sequence[Sequence[object]]], str]) -> str:
    told = [found["machine"], f"other programs had {_others(found):.0%} of the machine meanwhile"]
    for name, title in NAMES.items():
        if name in found:
            told += ["", table(*_columns(title, found[name]))]
    told += ["", table(("", "goal", "measured", "reached"), [goal.row() for goal in goals(found)])]
    return "\n".join(told)


def _others(found: dict[str, Any]) -> float:
    shares = [run.others_share for name in NAMES for run in found.get(name, {}).values()]
    return median(shares) if shares else 0.0


def _columns(title: str, runs: dict[int, Run]) -> tuple[Sequence[str], list[Sequence[object]]]:
    kinds = sorted({kind for run in runs.values() for kind in run.cpu_ms}, key=lambda kind: (kind == GENERATOR, kind))
    head = (title, "per s", "mean ms", "p50 ms", "p99 ms", *(f"{kind}, CPU-ms" for kind in kinds))
    rows: list[Sequence[object]] = []
    for clients, run in runs.items():
        costs = (f"{run.cpu_ms.get(kind, 0):.3f}" for kind in kinds)
        took = (f"{ms:.1f}" if ms else "" for ms in (run.mean_ms, run.p50_ms, run.p99_ms))
        rows.append((f"{clients} client{'s' if clients > 1 else ''}", f"{run.rate:,.0f}", *took, *costs))
    return head, rows


def _plain(found: Any) -> Any:
    if isinstance(found, Run):
        return found.as_dict()
    if isinstance(found, dict):
        return {str(name): _plain(value) for name, value in found.items()}
    return [_plain(value) for value in found] if isinstance(found, list) else found


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
