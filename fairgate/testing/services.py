"""Starts the suite's PostgreSQL before Django reads its settings (a pytest plugin, loaded by `-p`)."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from fairgate.lib import logs
from fairgate.runtime import binaries
from fairgate.runtime.installation import Installation
from fairgate.runtime.postgres import Postgres
from fairgate.testing.waiting import free_port

START_S = 60
TRIES = 5
# For which of pytest's workers, of those that run at once, the services in the environment were started.
OF_WORKER = "PYTEST_SERVICES_OF_WORKER"


def start() -> None:
    """Each process that runs tests has its own; what such a process starts finds it in the environment."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if "FAIRGATE_DATABASE_URL" in os.environ and os.environ.get(OF_WORKER, worker) == worker:
        return
    folder = Path(tempfile.mkdtemp(prefix="fairgate-test-"))
    folder.chmod(0o755)
    server = _serve(folder)
    os.environ.update(
        FAIRGATE_DATABASE_URL=server.url,
        FAIRGATE_VALKEY_URL="valkey://127.0.0.1:1/0",  # Nothing answers there: what needs Valkey starts its own.
        # A test that changes a row looks at the page at once. What tests the cache has one of its own.
        FAIRGATE_CACHE_URL="off://",
        FAIRGATE_SECRET_KEY=secrets.token_hex(32),
        FAIRGATE_PUBLIC_URL="http://testserver",
        FAIRGATE_DATA_DIR=str(folder),
        DJANGO_SETTINGS_MODULE="fairgate.core.settings",
        **{OF_WORKER: worker},
    )
    logs.configure("test", "WARNING")


def _serve(folder: Path) -> Postgres:
    """A server that answers. Another suite may take the port between our look and our start: then we look again."""
    installation = Installation(folder)
    installation.create_folders()
    password = secrets.token_hex(16)
    for _try in range(TRIES):
        port = free_port()
        server = Postgres(installation, binaries.postgres_folder(os.environ), port, password, password)
        server.prepare()
        process = server.launch()
        if _answers(server, process):
            _stop_at_exit(process, folder)
            return server
    raise RuntimeError(f"PostgreSQL did not start; see {server.log}")


def _answers(server: Postgres, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_S
    while process.poll() is None:
        if server.ask("SELECT 1") == "1":
            return True
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
        time.sleep(0.05)
    return False


def _stop_at_exit(process: subprocess.Popen[bytes], folder: Path) -> None:
    owner = os.getpid()

    def stop() -> None:
        if os.getpid() == owner:
            process.send_signal(signal.SIGINT)
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)


start()
