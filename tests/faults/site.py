"""A whole installation on a pair of PostgreSQL servers, all of it to be broken."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from fairgate.runtime import commands
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation
from fairgate.runtime.tests.running import Running
from fairgate.testing.pair import Pair
from tests.faults import clocks
from tests.installed import Installed

ROOT = Path(__file__).parents[2]
START_S = 120


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pair = Pair()

    def __enter__(self) -> Site:
        self.pair.__enter__()
        try:
            environment = {"FAIRGATE_DATABASE_URL": self.pair.url, **clocks.environment(self.folder / "clocks")}
            self.running = Running(self.folder / "data", "--web", "2", "--stock", "2", environment=environment)
            self.running.start()
        except BaseException:
            self.__exit__()
            raise
        self.installed = Installed(self.running)
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever state it is in: stopped processes, a lost primary."""
        if hasattr(self, "running") and hasattr(self.running, "supervisor"):
            _end(self.running)
        self.pair.close()

    @property
    def port(self) -> int:
        return self.running.port

    @property
    def environment(self) -> dict[str, str]:
        """For programs that work on its database."""
        told = json.loads((self.running.data / "run/environment").read_text())
        return {**os.environ, **told, "DJANGO_SETTINGS_MODULE": "fairgate.core.settings"}

    def processes(self) -> dict[str, dict[str, Any]]:
        with suppress(CannotStart):
            found = commands.status(Installation(self.running.data))["processes"]
            return {f"{process['name']}-{process['index']}": process for process in found}
        return {}

    def is_well(self) -> bool:
        processes = self.processes()
        return bool(processes) and all(process["state"] == "ready" for process in processes.values())

    def processes_of(self, name: str) -> list[psutil.Process]:
        """The first processes of `web-1`, or of all whose kind is `web`."""
        found = [one for its, one in self.processes().items() if name in (its, one["name"])]
        return [psutil.Process(one["pid"]) for one in found if one["pid"]]


def _end(running: Running) -> None:
    """It ends by itself; if it does not in time, each process below it is ended."""
    below = [psutil.Process(pid) for pid in running.pids() if psutil.pid_exists(pid)]
    try:
        running.stop()
    except subprocess.TimeoutExpired:
        running.supervisor.kill()
        running.supervisor.wait()
    for process in below:
        with suppress(psutil.NoSuchProcess):
            process.kill()
