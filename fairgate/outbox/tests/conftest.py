from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.db import connection

from fairgate.lib import env
from fairgate.outbox.relay import run as run_relay
from fairgate.testing.cache_servers import CacheServer, serve


@pytest.fixture
def valkey() -> Iterator[CacheServer]:
    yield from serve("valkey")


@pytest.fixture
def settings_here(valkey: CacheServer) -> env.Settings:
    """The settings of this test's own database and broker."""
    its = connection.settings_dict
    address = f"postgresql://{its['USER']}:{its['PASSWORD']}@{its['HOST']}:{its['PORT']}/{its['NAME']}"
    return replace(env.settings(), database_url=address, broker_url=f"redis://127.0.0.1:{valkey.port}/0")


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
