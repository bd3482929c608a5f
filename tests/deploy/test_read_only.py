"""Every kind of process, run for real as deploy/ runs it: read-only but for /tmp, not as root, its settings alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from fairgate.runtime.kinds import KINDS
from fairgate.testing.waiting import free_port, wait_until
from tests.asking import Client
from tests.ben import buy
from tests.deploy import sandbox
from tests.installed import Installed
from tests.olga import Member

SCRIPTS = Path(sys.executable).parent
DOOR = Path(__file__).parents[2] / "deploy/door.py"


class Contained:
    def __init__(self, installed: Installed, logs: Path) -> None:
        self.logs = logs
        self.ports = {kind: free_port() for kind in (*KINDS, "door")}
        ours = json.loads((installed.data / "run/environment").read_text())
        names = ("FAIRGATE_SECRET_KEY", "FAIRGATE_VALKEY_URL", "FAIRGATE_PUBLIC_URL")
        self.settings = {name: ours[name] for name in names}
        # User and password apart from the address, as they come out of a secret.
        database = urlsplit(ours["FAIRGATE_DATABASE_URL"])
        self.settings["FAIRGATE_DATABASE_URL"] = f"postgresql://{database.hostname}:{database.port}{database.path}"
        self.settings |= {"PGUSER": database.username or "", "PGPASSWORD": unquote(database.password or "")}
        # Another broker, and no database for the relay, so that what the other tests wait for stays where it is.
        self.settings["FAIRGATE_BROKER_URL"] = ours["FAIRGATE_VALKEY_URL"].removesuffix("/0") + "/5"
        self.settings["FAIRGATE_EMAIL_URL"] = "smtp://127.0.0.1:9"
        nowhere = {"FAIRGATE_DATABASE_URL": "postgresql://fairgate@127.0.0.1:9/fairgate"}
        self.processes = {kind: self._run(kind, **(nowhere if kind == "relay" else {})) for kind in KINDS}
        self.processes["door"] = self._open_door()

    def _run(self, kind: str, **settings: str) -> subprocess.Popen[bytes]:
        command = [SCRIPTS / "fairgate", "run", kind, "--listen", f"127.0.0.1:{self.ports[kind]}"]
        return sandbox.launch(command, self.settings | settings, self.logs / f"{kind}.log")

    def _open_door(self) -> subprocess.Popen[bytes]:
        servers = [f"--server={kind}=127.0.0.1:{self.ports[kind]}" for kind in ("web", "stock", "gate")]
        command = [SCRIPTS / "python", DOOR, f"--listen=127.0.0.1:{self.ports['door']}", *servers]
        return sandbox.launch(command, {}, self.logs / "door.log")

    def is_ready(self, kind: str) -> bool:
        assert self.processes[kind].poll() is None, f"{kind} ended:\n{(self.logs / f'{kind}.log').read_text()}"
        try:
            return self.get(kind, "/health/ready") == "ok"
        except OSError:
            return False

    def get(self, kind: str, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[kind]}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def stop(self, kind: str) -> int:
        sandbox.send(self.processes[kind], signal.SIGUSR1 if kind == "door" else signal.SIGTERM)
        return self.processes[kind].wait(30)


@pytest.fixture(scope="module")
def contained(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contained]:
    if not sandbox.is_possible():
        pytest.skip("no mount namespace may be made here, so nothing can be run read-only")
    contained = Contained(installed, tmp_path_factory.mktemp("contained"))
    yield contained
    for process in contained.processes.values():
        sandbox.end(process)


@pytest.mark.parametrize("kind", [*KINDS, "door"])
def test_it_starts_and_is_ready(contained: Contained, kind: str) -> None:
    wait_until(lambda: contained.is_ready(kind), 60, f"{kind} was not ready")


def test_visitors_get_their_page(contained: Contained) -> None:
    wait_until(lambda: contained.is_ready("door"), 60)

    assert "Midnight rush" in contained.get("door", "/riverside/rush/")


def test_tickets_are_sold(contained: Contained, olga: Member) -> None:
    event = olga.put_on_sale(places=10)
    for kind in ("stock", "web", "door"):
        wait_until(partial(contained.is_ready, kind), 60)

    with Client(contained.ports["door"]) as ben:
        bought = buy(ben, event, 2)

        assert len(bought.tickets) == 2
        assert ben.get(bought.page).status == 200


def test_it_can_be_asked_whether_the_tables_are_there(contained: Contained, tmp_path: Path) -> None:
    command = [SCRIPTS / "fairgate", "manage", "migrate", "--check"]

    process = sandbox.launch(command, contained.settings, tmp_path / "log")

    assert (process.wait(60), (tmp_path / "log").read_text()) == (0, "")


def test_nothing_can_be_written_but_in_tmp(tmp_path: Path) -> None:
    if not sandbox.is_possible():
        pytest.skip("no mount namespace may be made here, so nothing can be run read-only")
    script = f"id -u; touch /tmp/here && touch {tmp_path}/there"

    process = sandbox.launch(["sh", "-c", script], {"PATH": "/usr/bin:/bin"}, tmp_path / "log")

    assert process.wait(10) != 0
    user, refusal = (tmp_path / "log").read_text().splitlines()
    # Where a user namespace is needed, its root is nobody outside of it.
    assert int(user) == (sandbox.USER if os.geteuid() == 0 else 0)
    assert f"{tmp_path}/there" in refusal


# The door first: without web it is not ready.
@pytest.mark.parametrize("kind", ["door", *KINDS])
def test_it_ends_when_it_is_asked(contained: Contained, kind: str) -> None:
    wait_until(lambda: contained.is_ready(kind), 60)

    assert contained.stop(kind) == 0
