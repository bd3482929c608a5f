"""How fast this machine's processor is beside the one on which the costs were measured.

A loop of what Fairgate spends its time on: the interpreter, text, dictionaries, JSON, digests, compression. It says
nothing about disks, networks, or how much slower a core gets when its neighbors are busy, so a plan scaled by it knows
less.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import zlib

SECONDS = 1.5
ROWS = 1_500


def loop_ms(seconds: float = SECONDS) -> float:
    """Processor time of one turn: the quickest, as whatever disturbs only makes it slower."""
    ends, best = time.monotonic() + seconds, float("inf")
    while time.monotonic() < ends:
        began = time.process_time()
        _turn()
        best = min(best, (time.process_time() - began) * 1000)
    return best


def _turn() -> str:
    rows = [{"id": number, "name": f"Ben Buyer {number}", "cents": number * 37 % 10_000} for number in range(ROWS)]
    dear = sorted((row for row in json.loads(json.dumps(rows)) if row["cents"] > 100), key=lambda row: row["cents"])
    page = "".join(f"<li class='row'>{row['name']}: {row['cents'] / 100:.2f}</li>\n" for row in dear)
    page = re.sub(r"Buyer (\d+)", r"B. \1", page)
    return hashlib.sha256(zlib.compress(page.encode(), 6)).hexdigest()
