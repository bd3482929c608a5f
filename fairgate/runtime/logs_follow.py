"""What is written from now on, by processes that start later too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fairgate.runtime import logs_lines
from fairgate.runtime.logs_files import LogFile
from fairgate.runtime.logs_lines import Line

EVERY_S = 0.3
AT_MOST = 1 << 20


class Follower:
    def __init__(self, files: Callable[[], dict[str, list[LogFile]]]) -> None:
        self._files = files
        self._read_until: dict[Path, int] = {}
        self._before: dict[Path, Line] = {}

    def look(self) -> None:
        """What is there now counts as read."""
        self._read_until = {file.path: file.path.stat().st_size for file in self._current()}

    def lines(self) -> Iterator[Line]:
        while True:
            fresh = self.fresh()
            yield from fresh
            if not fresh:
                time.sleep(EVERY_S)

    def fresh(self) -> list[Line]:
        return sorted((line for file in self._current() for line in self._more(file)), key=lambda line: line.at)

    def _current(self) -> list[LogFile]:
        return [file for files in self._files().values() for file in files if not file.age and not file.is_packed]

    def _more(self, file: LogFile) -> list[Line]:
        size = file.path.stat().st_size
        done = self._read_until.get(file.path, 0)
        if size < done:
            done = 0  # It was put aside and cut.
        with file.path.open("rb") as opened:
            opened.seek(done)
            piece = opened.read(AT_MOST)
        # A line that is not whole is read again, unless nothing but it fits.
        whole = piece if len(piece) == AT_MOST and b"\n" not in piece else piece[: piece.rfind(b"\n") + 1]
        self._read_until[file.path] = done + len(whole)
        found = []
        for raw in whole.splitlines():
            if raw:
                line = logs_lines.read(file.source, raw, self._before.get(file.path), time.time())
                self._before[file.path] = line
                found.append(line)
        return found
