"""The files that the processes of an installation write, read piece by piece, however large they are."""

from __future__ import annotations

import gzip
import heapq
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from fairgate.runtime import logs_lines
from fairgate.runtime.logs_lines import Line

NAME = re.compile(r"(?P<source>.+)\.log(?:[.-](?P<age>\d+))?(?P<packed>\.gz)?")
PIECE, LONGEST_LINE = 1 << 20, 1 << 20
# Threads and gathered lines leave the lines of a file nearly in order. This many are held back to put them in order.
HELD_BACK = 200
SLACK_S = 5.0


@dataclass(frozen=True)
class LogFile:
    path: Path
    source: str
    age: int
    is_packed: bool

    def open(self) -> IO[bytes]:
        return gzip.open(self.path, "rb") if self.is_packed else self.path.open("rb")  # type: ignore[return-value]


def find(folder: Path) -> dict[str, list[LogFile]]:
    """By process, the oldest first. What log rotation packed or numbered counts too."""
    found: dict[str, list[LogFile]] = {}
    for path in folder.iterdir():
        if (name := NAME.fullmatch(path.name)) and path.is_file():
            age = int(name["age"] or 0)
            found.setdefault(name["source"], []).append(LogFile(path, name["source"], age, bool(name["packed"])))
    # Numbers grow with age, dates shrink; the one that is written has none.
    return {source: sorted(files, key=_age, reverse=True) for source, files in sorted(found.items())}


def _age(file: LogFile) -> float:
    return file.age if file.age < 10**7 else 10**9 - file.age


def lines(files: list[LogFile], since: float | None, needles: Sequence[bytes] = ()) -> Iterator[Line]:
    """In order of time; only those with one of the needles, if there are any."""
    waiting: list[tuple[float, int, Line]] = []
    number = 0
    for file in files:
        for line in _read(file, since, needles):
            number += 1
            if since is not None and line.at < since:
                continue
            heapq.heappush(waiting, (line.at, number, line))
            if len(waiting) > HELD_BACK:
                yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def _read(file: LogFile, since: float | None, needles: Sequence[bytes]) -> Iterator[Line]:
    try:
        changed = file.path.stat().st_mtime
        if since is not None and changed < since:
            return
        with file.open() as opened:
            if since is not None and not file.is_packed:
                opened.seek(_place(opened, since - SLACK_S))
            before = None
            for raw in _raw_lines(opened, needles):
                before = logs_lines.read(file.source, raw, before, changed)
                yield before
    except (FileNotFoundError, EOFError, gzip.BadGzipFile):
        return  # It was rotated away meanwhile, or is being packed at this moment.


def _raw_lines(opened: IO[bytes], needles: Sequence[bytes]) -> Iterator[bytes]:
    while piece := opened.read(PIECE):
        if not piece.endswith(b"\n"):
            piece += opened.readline(LONGEST_LINE)
        # Most pieces do not have it, and then their lines need not be told apart.
        here = [needle for needle in needles if needle in piece]
        if here or not needles:
            for raw in piece.splitlines():
                if raw and (not needles or any(needle in raw for needle in here)):
                    yield raw


def _place(opened: IO[bytes], since: float) -> int:
    """Where the lines from this time on begin, by halving; lines without a time are passed over."""
    low, high = 0, opened.seek(0, 2)
    while high - low > PIECE:
        middle = (low + high) // 2
        opened.seek(middle)
        opened.readline(LONGEST_LINE)
        at = _next_time(opened, high)
        if at is None or at >= since:
            high = middle
        else:
            low = middle
    opened.seek(low)
    if low:
        opened.readline(LONGEST_LINE)
    return opened.tell()


def _next_time(opened: IO[bytes], end: int) -> float | None:
    while opened.tell() < end and (raw := opened.readline(LONGEST_LINE)):
        if (at := logs_lines.time_of(raw)) is not None:
            return at
    return None
