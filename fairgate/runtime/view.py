"""What the operator sees: one table that changes on a terminal, one line for each change elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairgate.runtime.process import Process

COLORS = {"ready": "green", "starting": "yellow", "waiting": "red", "stopped": "dim"}


class View:
    def __init__(self, *, is_live: bool | None = None) -> None:
        self._is_live = sys.stdout.isatty() if is_live is None else is_live
        self._live: Any = None
        self._seen: dict[str, Process] = {}

    def start(self) -> None:
        if self._is_live:
            from rich.live import Live  # costs 8 MB, and only a terminal shows it

            # Without its refresh thread: the supervisor has one thread only.
            self._live = Live(auto_refresh=False)
            self._live.start()

    def note(self, process: Process) -> None:
        self._seen[process.program.name] = process
        if self._live is not None:
            self._live.update(_table(self._seen.values()), refresh=True)
        else:
            say(_line(process))

    def finish(self) -> None:
        """What changes later is told line by line: a table would scroll away with the terminal's other output."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def say(text: str) -> None:
    """Whoever listened may be gone, as in `fairgate up | head`: that is no reason to stop selling."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _line(process: Process) -> str:
    name, state = process.program.name, process.state
    if state == "ready":
        return f"{_now()} {name} is ready on port {process.program.port}"
    if state == "waiting":
        return f"{_now()} {name} {process.last_exit}; it is started again ({process.restarts})"
    return f"{_now()} {name} {'starts' if state == 'starting' else 'has stopped'}"


def _table(processes: Iterable[Process]) -> Any:
    from rich.table import Table  # see above

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for process in processes:
        color = COLORS[process.state]
        table.add_row(
            process.program.name, f"[{color}]{process.state}[/]", str(process.program.port), process.last_exit
        )
    return table


def _now() -> str:
    return time.strftime("%H:%M:%S")
