"""The long form: `python -m tests.faults.long`, by `make proof`. Ends with 0 if nothing at all is wrong.

Every round is a concert of its own, so that the checker's memory is that of one round. What is wrong keeps the round's
history for whoever looks into it; the same --seed brings the same faults at the same moments.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from fairgate.testing.waiting import wait_until
from tests.faults import clocks, rounds
from tests.faults.rounds import Inflicted
from tests.faults.schedule import Act, Fault, faults
from tests.faults.site import ROOT, Site
from tests.faults.summary import Summary

FAULTS_A_ROUND = 10
LONGEST_S = 8.0
DRAINED_S = 600.0
PAGE = ROOT / "docs/proof.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
WAITING = "SELECT count(*) FROM outbox_message WHERE done_at IS NULL"


def main() -> int:
    wish = _arguments()
    # So that everything is stopped and removed, however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="fairgate-proof-"))
    folder.chmod(0o755)
    summary = Summary(wish.seed)
    print(f"Seed {wish.seed}; the same faults again by --seed or FAIRGATE_FAULT_SEED.", flush=True)
    try:
        _run(wish, folder, summary)
    except Exception:
        print(f"Logs and histories: {folder}")
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    print(f"\n{summary.as_markdown()}\n")
    for sentence in summary.wrong:
        print(sentence)
    if summary.wrong:
        print(f"Logs and histories: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    if wish.report:
        _write(summary)
    is_enough = summary.operations >= wish.operations and len(summary.inflicted) >= wish.faults
    if not is_enough:
        print(f"Not enough of operations or faults within {wish.minutes:g} minutes.")
    return 0 if is_enough and not summary.wrong and summary.differences == 0 else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A sale under faults, judged by the checker.")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("FAIRGATE_FAULT_SEED") or secrets.randbits(32)))
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=45, help="at most")
    parser.add_argument("--report", action="store_true", help="write the summary into docs/proof.md")
    return parser.parse_args()


def _run(wish: argparse.Namespace, folder: Path, summary: Summary) -> None:
    began = time.monotonic()
    planned = _possible(faults(wish.seed, wish.faults, longest_s=LONGEST_S))
    count = math.ceil(len(planned) / FAULTS_A_ROUND)
    with Site(folder) as site:
        for number in range(count):
            name = f"round-{number + 1}"
            found = rounds.run(
                site,
                name,
                wish.seed + number,
                planned[number * FAULTS_A_ROUND :][:FAULTS_A_ROUND],
                folder / name,
                operations=wish.operations * (number + 1) // count - summary.operations,
                # Not all of the time for the first rounds: each has its share.
                until=began + wish.minutes * 60 * (number + 1) / count,
                say=_teller(summary, name, began),
            )
            summary.add(found)
            _say(began, f"{name}: {summary.operations:,} operations, {len(summary.wrong)} violations so far")
            if found.wrong:
                break
            shutil.rmtree(found.folder)
        wait_until(lambda: site.installed.value(WAITING) == 0, DRAINED_S, "the outbox did not drain")
        code, said = site.installed.audit()
        summary.differences = said["differences"] if code in (0, 1) else -1
    summary.seconds = time.monotonic() - began


def _possible(planned: list[Fault]) -> list[Fault]:
    if clocks.are_available():
        return planned
    print("Without Debian's package faketime no clock is shifted: these faults are skipped.")
    return [fault for fault in planned if fault.act != Act.CLOCK]


def _teller(summary: Summary, name: str, began: float) -> rounds.Teller:
    before, faults_before = summary.operations, len(summary.inflicted)
    told = []

    def tell(one: Inflicted, operations: int) -> None:
        told.append(one)
        _say(
            began,
            f"{name}: fault {faults_before + len(told)}: {one.fault}, {one.in_flight} in flight, "
            f"{before + operations:,} operations",
        )

    return tell


def _say(began: float, words: str) -> None:
    print(f"{time.monotonic() - began:7.1f} s  {words}", flush=True)


def _write(summary: Summary) -> None:
    text = PAGE.read_text()
    measured = f"{BEGIN}\n{summary.as_markdown()}\n{END}"
    PAGE.write_text(re.sub(f"{BEGIN}.*{END}", lambda _match: measured, text, flags=re.DOTALL))


if __name__ == "__main__":
    sys.exit(main())
