"""The installation that a bench measures: one of its own in a temporary folder, or a running one that is named."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairgate.testing.waiting import free_port

FAIRGATE = [sys.executable, "-m", "fairgate"]
START_S = 180
STOP_S = 90


@dataclass(frozen=True)
class Target:
    data: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def status(self) -> dict[str, Any]:
        said = subprocess.run(
            [*FAIRGATE, "status", "--data", self.data, "--json"], capture_output=True, check=False, timeout=60
        )
        return dict(json.loads(said.stdout or b'{"processes": []}'))

    def pids(self) -> dict[str, list[int]]:
        """The first process of each kind; what it started is found below it."""
        found: dict[str, list[int]] = {}
        for process in self.status()["processes"]:
            if process["pid"]:
                found.setdefault(process["name"], []).append(process["pid"])
        return found

    def run_in_django(self, code: str) -> str:
        command = [*FAIRGATE, "manage", "--data", self.data, "shell", "--no-imports", "--command", code]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        return done.stdout

    def database_url(self) -> str:
        return self.setting("FAIRGATE_DATABASE_URL")

    def setting(self, name: str) -> str:
        return str(json.loads((self.data / "run" / "environment").read_text())[name])

    def admin_password(self) -> str:
        return (self.data / "secrets" / "database_admin_password").read_text().strip()

    def command(self, *words: str) -> None:
        name, *rest = words
        command = [*FAIRGATE, name, "--data", self.data, *rest]
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_S, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)

    def up(self, *flags: str, **settings: str) -> float:
        """Start it and say how long its door took."""
        began = time.perf_counter()
        done = subprocess.run(
            [*FAIRGATE, "up", "--data", self.data, "--port", str(self.port), "--detach", *flags],
            env=_environment() | settings,
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"Fairgate did not start: {done.stderr or done.stdout}")
        return time.perf_counter() - began

    def down(self) -> None:
        subprocess.run([*FAIRGATE, "down", "--data", self.data], capture_output=True, timeout=STOP_S, check=False)


@contextlib.contextmanager
def own() -> Iterator[Target]:
    """An installation that is not started yet, and gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fairgate-bench-"))
    # PostgreSQL may run as another user and must be able to walk to its part.
    folder.chmod(0o755)
    target = Target(folder, free_port())
    try:
        yield target
    finally:
        target.down()
        shutil.rmtree(folder, ignore_errors=True)


def running(data: Path) -> Target:
    """One that runs already; its door is asked for, not guessed."""
    target = Target(data.absolute(), 0)
    for process in target.status()["processes"]:
        if process["name"] == "door":
            return Target(target.data, process["port"])
    raise SystemExit(f"No Fairgate runs in {data}.")


def _environment() -> dict[str, str]:
    """Without the caller's settings: the bench measures what Fairgate comes with."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FAIRGATE_")}
