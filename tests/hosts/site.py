"""Fairgate on four hosts: the door, two for what stands behind it, the database. Nothing here is started by `up`."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import urllib.request
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from fairgate.runtime import binaries, spawn
from fairgate.runtime.installation import Installation
from fairgate.testing.waiting import wait_until
from tests.hosts.database import VALKEY_PORT, NetworkPostgres, launch_valkey
from tests.hosts.network import Host, Network

SCRIPTS = Path(sys.executable).parent
DOOR = Path(__file__).parents[2] / "deploy/door.py"
DOOR_PORT, START_S, COMMAND_S = 8000, 90, 120
PORTS = {"web": 8001, "stock": 8002, "worker": 8004, "relay": 8006}
# What asks for a gentle end, where it is not SIGTERM.
ENDS = {"door": signal.SIGUSR1, "postgres": signal.SIGINT}


class Site:
    """All stock is on the second host, so that nobody but web can sell when it is cut off."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.door, self.first = Host("door", "10.77.0.2"), Host("first", "10.77.0.3")
        self.second, self.database = Host("second", "10.77.0.4"), Host("database", "10.77.0.5")
        self.network = Network(self.door, self.first, self.second, self.database)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Site:
        self.network.__enter__()
        try:
            self._open_database()
            self._command("manage", "migrate", "--verbosity", "0")
            self._command("manage", "load_demo")
            for host, kinds in ((self.first, ("web", "relay", "worker")), (self.second, ("web", "stock"))):
                for kind in kinds:
                    self._run(host, kind)
            self._open_door()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()

    def stop(self) -> dict[str, int]:
        """The door first, the database last, and with which code each ended."""
        codes = {}
        for name, process in reversed(self.processes.items()):
            process.send_signal(ENDS.get(name, signal.SIGTERM))
            codes[name] = process.wait(40)
        return codes

    def mailed(self) -> set[str]:
        """To whom there is a mail in the folder."""
        lines = [line for path in (self.folder / "mail").glob("*.eml") for line in path.read_text().splitlines()]
        return {line.removeprefix("To: ") for line in lines if line.startswith("To: ")}

    def served(self) -> list[str]:
        """Which server answered each request that the door sent on, and did so well, such as web2."""
        lines = (self.folder / "door.log").read_text().splitlines()
        entries = [json.loads(line) for line in lines if line.startswith('{"timestamp"')]
        return [entry["server"] for entry in entries if 200 <= entry["status"] < 400]

    @property
    def database_url(self) -> str:
        return self.environment["FAIRGATE_DATABASE_URL"]

    def audit(self) -> Any:
        return json.loads(self._command("audit", "--json"))

    def _close(self) -> None:
        self.network.close()
        for process in self.processes.values():
            process.wait(10)

    def _open_database(self) -> None:
        folder = self.folder / "database"
        installation = Installation(folder)
        installation.create_folders()
        password = secrets.token_hex(16)
        programs, address = binaries.postgres_folder(os.environ), self.database.address
        server = NetworkPostgres(installation, programs, 5432, password, secrets.token_hex(16), address=address)
        with self.database.entered():
            server.prepare()
            self.processes["postgres"] = server.launch()
            self.processes["valkey"] = launch_valkey(installation, address, password)
            wait_until(lambda: server.ask("SELECT 1") == "1", START_S)
        self.environment = {
            "PATH": os.environ["PATH"],
            "FAIRGATE_SECRET_KEY": secrets.token_hex(32),
            "FAIRGATE_DATABASE_URL": server.url,
            "FAIRGATE_VALKEY_URL": f"valkey://:{password}@{address}:{VALKEY_PORT}/0",
            "FAIRGATE_PUBLIC_URL": f"http://{self.door.address}:{DOOR_PORT}",
            "FAIRGATE_EMAIL_URL": f"file://{self.folder}/mail",
            # Four hosts share one machine here.
            "FAIRGATE_WEB_WORKERS": "1",
            "FAIRGATE_WORKER_CHILDREN": "1",
        }

    def _command(self, *words: str) -> str:
        with self.first.entered():
            done = subprocess.run(
                [SCRIPTS / "fairgate", words[0], *words[1:]],
                env=self.environment,
                cwd=self.folder,
                stdout=subprocess.PIPE,
                timeout=COMMAND_S,
                # What the audit's code says, its output says, too.
                check=words[0] != "audit",
                text=True,
            )
        return done.stdout

    def _run(self, host: Host, kind: str) -> None:
        command: list[str | Path] = [SCRIPTS / "fairgate", "run", kind, "--listen", f"{host.address}:{PORTS[kind]}"]
        self._launch(host, f"{kind} of {host.name}", command, self.environment)

    def _open_door(self) -> None:
        servers = [f"--server=web={host.address}:{PORTS['web']}" for host in (self.first, self.second)]
        servers += [f"--server=stock={self.second.address}:{PORTS['stock']}"]
        listen = f"--listen={self.door.address}:{DOOR_PORT}"
        command: list[str | Path] = [SCRIPTS / "python", DOOR, listen, f"--data={self.folder}/door", *servers]
        settings = {"FAIRGATE_WEB_WORKERS": self.environment["FAIRGATE_WEB_WORKERS"]}
        self._launch(self.door, "door", command, settings)
        with self.network.street.entered():
            for name, process in self.processes.items():
                wait_until(partial(self._is_ready, name, process), START_S, f"{name} is not ready")

    def _launch(self, host: Host, name: str, command: list[str | Path], settings: dict[str, str]) -> None:
        with host.entered():
            self.processes[name] = spawn.spawn(
                command, env=settings, cwd=self.folder, log=self.folder / f"{name.replace(' ', '-')}.log"
            )

    def _is_ready(self, name: str, process: subprocess.Popen[bytes]) -> bool:
        assert process.poll() is None, f"{name} ended; see {self.folder}"
        kind, _, host = name.partition(" of ")
        if kind in ("postgres", "valkey"):
            return True
        address = self.door.address if kind == "door" else getattr(self, host).address
        try:
            url = f"http://{address}:{PORTS.get(kind, DOOR_PORT)}/health/ready"
            return bool(urllib.request.urlopen(url, timeout=5).status == 200)
        except OSError:
            return False
