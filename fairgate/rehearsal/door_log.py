"""How long requests stood in line at the door, and whom it sent away, by what stands behind it. No Django."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

from fairgate.rehearsal.figures import percentile

# Several ways lead into the same processes.
KINDS = ("web", "stock", "gate")
# All of its requests, from their first byte to the last of the answer.
DOOR = "door"


def read(log: Path, *, from_byte: int, began: float, ended: float) -> dict[str, dict[str, Any]]:
    """By kind of process. A log that was begun anew meanwhile is read from its beginning."""
    queues: dict[str, list[float]] = defaultdict(list)
    busy: dict[str, int] = defaultdict(int)
    took: list[float] = []
    for line in _lines(log, from_byte):
        if line.get("event") != "request" or not began - 1 <= _at(line) <= ended + 1:
            continue
        took.append(line["ms"])
        kind = str(line["backend"]).partition("_")[0]
        if kind in KINDS:
            queues[kind].append(max(0, line["queue_ms"]))
            busy[kind] += line["status"] == 503
    told = {kind: _told(sorted(queues[kind]), busy[kind]) for kind in queues}
    return told | {DOOR: {"requests": len(took), "p50_ms": percentile(sorted(took), 0.5)}} if took else told


def size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _told(queue: list[float], busy: int) -> dict[str, Any]:
    return {
        "requests": len(queue),
        "queue_p50_ms": percentile(queue, 0.5),
        "queue_p95_ms": percentile(queue, 0.95),
        "queue_most_ms": queue[-1],
        "told_to_wait": busy,
    }


def _lines(log: Path, from_byte: int) -> list[dict[str, Any]]:
    try:
        with log.open("rb") as file:
            file.seek(from_byte if log.stat().st_size >= from_byte else 0)
            lines = file.read().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        if line.startswith(b"{"):
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
    return found


def _at(line: dict[str, Any]) -> float:
    return datetime.fromisoformat(line["timestamp"]).timestamp()
