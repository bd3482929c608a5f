"""A whole installation, started and looked at as an operator does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from fairgate.runtime import commands
from fairgate.runtime.installation import installation
from fairgate.testing.waiting import free_port, wait_until

START_S = 120
# For whom only the databases matter: each of these takes its time to start, and the worker to end.
FEW = ("--stock", "0", "--gate", "0", "--worker", "0")


class Running:
    """One `fairgate up` as an operator starts it."""

    def __init__(self, data: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.data, self.port = data, free_port()
        self.output = data.with_name(data.name + ".out")
        self.options, self.environment = options, clean_environment() | (environment or {})

    def start(self) -> Running:
        with self.output.open("w") as output:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", "fairgate", "up", "--data", self.data, "--port", str(self.port), *self.options],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self.is_up, START_S, "it did not come up")
        return self

    def is_up(self) -> bool:
        assert self.supervisor.poll() is None, self.output.read_text()
        return "Fairgate is up" in self.output.read_text()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        name, *rest = words
        return fairgate(name, "--data", str(self.data), *rest)

    def status(self) -> dict[str, dict[str, Any]]:
        return {f"{process['name']}-{process['index']}": process for process in self._told()["processes"]}

    def databases(self) -> list[dict[str, Any]]:
        """The primary first."""
        found: list[dict[str, Any]] = self._told()["databases"]
        return found

    def is_well(self) -> bool:
        return commands.is_well(self._told())

    def _told(self) -> dict[str, Any]:
        """What `fairgate status` is told. Asked again and again, so it is not started each time."""
        return commands.status(installation(self.data))

    def pids(self) -> list[int]:
        """The supervisor and all below it."""
        return [self.supervisor.pid, *descendants(self.supervisor.pid)]

    def stop(self, with_signal: signal.Signals = signal.SIGINT) -> int:
        if self.supervisor.poll() is None:
            self.supervisor.send_signal(with_signal)
        return self.supervisor.wait(40)


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("FAIRGATE_")}


def fairgate(*words: str, timeout: float = 90, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fairgate", *words],
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def is_alive(pid: int) -> bool:
    """A zombie has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
