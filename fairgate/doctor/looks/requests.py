"""What the last minutes' lines in the logs say: answers, waiting, statements for each request, what went wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

MINUTES = 2
# Of the end of each file: what a busy process writes in two minutes, and read in a tenth of a second.
BYTES = 2 * 1024 * 1024


@dataclass
class Route:
    service: str
    route: str
    count: int = 0
    total_ms: float = 0.0
    statements: int = 0

    @property
    def each_ms(self) -> float:
        return self.total_ms / self.count

    @property
    def statements_each(self) -> float:
        return self.statements / self.count


@dataclass
class Requests:
    """Of the door: `statuses` counts all answers. Of the processes behind it: routes, and what they complained of."""

    span_s: float = MINUTES * 60.0
    statuses: dict[int, int] = field(default_factory=dict)
    queue_ms: list[float] = field(default_factory=list)
    routes: dict[tuple[str, str], Route] = field(default_factory=dict)
    pool_timeouts: dict[str, int] = field(default_factory=dict)
    database_away: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    mails_failed: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.count / self.span_s

    def share(self, status: int) -> float:
        return self.statuses.get(status, 0) / self.count if self.count else 0.0


def look(logs: Path, now: datetime | None = None) -> Requests:
    now = now or datetime.now(UTC)
    since = now - timedelta(minutes=MINUTES)
    found = Requests()
    for log in sorted(logs.glob("*.log")) if logs.is_dir() else ():
        name = log.stem
        for line in _lines(log, since):
            if name == "door":
                if not found.count:
                    _note_span(found, log, now, line)
                _note_answer(found, line)
            else:
                _note(found, name, line)
    return found


def _lines(log: Path, since: datetime) -> Iterator[dict[str, Any]]:
    """Those that are JSON and young; others are of programs that know no JSON."""
    beginning = since.strftime("%Y-%m-%dT%H:%M:%S")
    try:
        with log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - BYTES))
            text = file.read(BYTES).decode(errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                said = json.loads(line)
            except ValueError:
                continue  # The first one is cut.
            if str(said.get("timestamp", "")) >= beginning:
                yield said


def _note_span(found: Requests, log: Path, now: datetime, line: dict[str, Any]) -> None:
    """Of a log of which only the end was read."""
    if log.stat().st_size > BYTES:
        first = datetime.fromisoformat(str(line["timestamp"]))
        found.span_s = max(1.0, (now - first).total_seconds())


def _note_answer(found: Requests, line: dict[str, Any]) -> None:
    if line.get("event") == "request":
        status = int(line.get("status") or 0)
        found.statuses[status] = found.statuses.get(status, 0) + 1
        if (waited := line.get("queue_ms")) is not None and not line.get("cache_hit"):
            found.queue_ms.append(float(waited))


def _note(found: Requests, name: str, line: dict[str, Any]) -> None:
    event = line.get("event")
    if event == "request":
        key = (str(line.get("service")), str(line.get("route")))
        route = found.routes.setdefault(key, Route(*key))
        route.count += 1
        route.total_ms += float(line.get("ms") or 0)
        route.statements += int(line.get("queries") or 0)
        if line.get("status") == 500:
            _count(found.failed, f"{name} {key[1]}")
    elif event == "database_away":
        _count(found.pool_timeouts if line.get("error") == "PoolTimeout" else found.database_away, name)
    elif event == "task" and line.get("result") == "failed":
        _count(found.mails_failed, f"{line.get('topic')}: {line.get('error')}")


def _count(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1
