"""What HAProxy counts, looked at twice."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable
from dataclasses import dataclass

from fairgate.runtime.door.servers import Servers
from fairgate.runtime.installation import Installation

FRONT = "door"


@dataclass(frozen=True)
class Backend:
    """A way to the processes of a kind. `waits` and `at_work` are of this moment, the others since the first look."""

    name: str
    waits: int
    at_work: int
    requests: int
    errors: int
    queue_ms: int
    answer_ms: int
    up: tuple[str, ...]
    down: tuple[str, ...]


@dataclass(frozen=True)
class Door:
    requests: int
    backends: tuple[Backend, ...]


Row = dict[str, str]


def look(installation: Installation, pause: Callable[[], None]) -> Door | None:
    """None when it does not answer."""
    before = _ask(installation)
    pause()
    after = _ask(installation)
    return tell(before, after) if before and after else None


def _ask(installation: Installation) -> dict[tuple[str, str], Row]:
    said = asyncio.run(Servers(installation.run).tell(["show stat"])) if installation.run.is_dir() else ""
    rows = csv.DictReader(said.lstrip("# ").splitlines())
    return {(row["pxname"], row["svname"]): row for row in rows if row.get("svname")}


def tell(before: dict[tuple[str, str], Row], after: dict[tuple[str, str], Row]) -> Door:
    def more(key: tuple[str, str], column: str) -> int:
        """A door that was exchanged meanwhile begins at 0."""
        return max(0, _number(after[key], column) - _number(before.get(key, {}), column))

    front = (FRONT, "FRONTEND")
    backends = []
    for key, row in after.items():
        name, server = key
        if server != "BACKEND" or row.get("mode", "http") != "http":
            continue
        # Web stands in for stock, and is told of under its own name.
        kind = name.split("_")[0]
        servers = {
            where: one["status"] for (way, where), one in after.items() if way == name and where.startswith(kind)
        }
        backends.append(
            Backend(
                name=name,
                waits=_number(row, "qcur"),
                at_work=_number(row, "scur"),
                requests=more(key, "req_tot"),
                errors=more(key, "hrsp_5xx"),
                queue_ms=_number(row, "qtime"),
                answer_ms=_number(row, "rtime"),
                up=tuple(where for where, status in servers.items() if status.startswith("UP")),
                down=tuple(where for where, status in servers.items() if status.startswith("DOWN")),
            )
        )
    return Door(more(front, "req_tot") if front in after else 0, tuple(backends))


def _number(row: Row, column: str) -> int:
    return int(row.get(column) or 0)
