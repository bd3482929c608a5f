"""The installation in which a sale is rehearsed, as far as a rehearsal needs to know it. No Django."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Process = Mapping[str, Any]


@dataclass(frozen=True)
class Site:
    """`processes` asks the supervisor; nobody answers where the processes run elsewhere."""

    processes: Callable[[], Sequence[Process]]
    door_log: Path

    def by_kind(self, key: str) -> dict[str, list[int]]:
        """The pids or the ports of all processes."""
        found: dict[str, list[int]] = {}
        for process in self.processes():
            if process[key]:
                found.setdefault(process["name"], []).append(process[key])
        return found

    @property
    def is_here(self) -> bool:
        return bool(self.processes())

    def kill(self, kind: str) -> Process | None:
        """The first of a kind, without a word to it."""
        process = next((one for one in self.processes() if one["name"] == kind and one["pid"]), None)
        if process:
            with suppress(ProcessLookupError):
                os.kill(process["pid"], signal.SIGKILL)
        return process
