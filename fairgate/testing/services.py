"""Starts the suite's PostgreSQL before Django reads its settings (a pytest plugin, loaded by `-p`)."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path

from fairgate.lib import logs
from fairgate.runtime import binaries
from fairgate.runtime.installation import Installation
from fairgate.runtime.postgres import Postgres

PORTS = range(22000, 23000)
START_S = 60


def start() -> None:
    """Only the process that pytest runs in starts it; what that process starts finds it in the environment."""
    if "FAIRGATE_DATABASE_URL" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="fairgate-test-"))
    folder.chmod(0o755)
    installation = Installation(folder)
    installation.create_folders()
    password = secrets.token_hex(16)
    server = Postgres(installation, binaries.postgres_folder(os.environ), free_port(), password, password)
    server.prepare()
    process = server.launch()
    owner = os.getpid()

    def stop() -> None:
        if os.getpid() == owner:
            process.send_signal(signal.SIGINT)
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    deadline = time.monotonic() + START_S
    while server.ask("SELECT 1") != "1":
        if time.monotonic() > deadline or process.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start; see {server.log}")
        time.sleep(0.05)
    os.environ.update(
        FAIRGATE_DATABASE_URL=server.url,
        FAIRGATE_VALKEY_URL="valkey://127.0.0.1:1/0",  # Nothing answers there: what needs Valkey starts its own.
        FAIRGATE_SECRET_KEY=secrets.token_hex(32),
        FAIRGATE_PUBLIC_URL="http://testserver",
        FAIRGATE_DATA_DIR=str(folder),
        DJANGO_SETTINGS_MODULE="fairgate.core.settings",
    )
    logs.configure("test", "WARNING")


def free_port(ports: range = PORTS) -> int:
    """A port below the kernel's range for outgoing connections, where nothing listens."""
    for port in ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


start()
