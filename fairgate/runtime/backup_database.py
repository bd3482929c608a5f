"""The database that a backup is taken from or put into: by URL, through PostgreSQL's own programs.

By URL, so that a server of the operator's (`FAIRGATE_DATABASE_URL`) is saved and filled as ours is.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from fairgate.lib import database_url
from fairgate.lib.process import die_with_parent
from fairgate.runtime import binaries, environment
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.failover_record import primary_name
from fairgate.runtime.installation import Installation
from fairgate.runtime.ports import Ports
from fairgate.runtime.postgres import Postgres
from fairgate.runtime.process import last_line
from fairgate.runtime.secrets import load_secrets
from fairgate.runtime.server import Server

URL = "FAIRGATE_DATABASE_URL"
START_S, STOP_S = 600.0, 120.0


@contextlib.contextmanager
def of(installation: Installation) -> Iterator[str]:
    """The URL of an installation's database; when nothing runs, its server runs alone meanwhile."""
    if installation.is_held() or os.environ.get(URL):
        settings = environment.recall(installation)
        yield settings.get(URL) or os.environ[URL]
    elif not (installation.root / primary_name(installation)).exists():
        raise CannotStart(f"There is no Fairgate in {installation.root}; name its folder with --data DIR.")
    else:
        installation.create_folders()
        lock = installation.take_lock()
        try:
            with own(installation) as server:
                yield server.url
        finally:
            os.close(lock)


@contextlib.contextmanager
def own(installation: Installation, kind: type[Postgres] = Postgres, **more: Any) -> Iterator[Postgres]:
    """Ours, running alone. The folder's lock is the caller's to take."""
    name, secrets, ports = primary_name(installation), load_secrets(installation), Ports(installation)
    try:
        folder = binaries.postgres_folder(os.environ)
        server = kind.with_secrets(installation, folder, ports.of(name), secrets, name, **more)
        server.prepare()
        with running(server):
            yield server
    finally:
        ports.release()


@contextlib.contextmanager
def running(server: Server) -> Iterator[None]:
    """For this moment, and ended in order: what was written is on disk then."""
    child = server.launch()
    try:
        deadline = time.monotonic() + START_S
        while server.ask("SELECT pg_is_in_recovery()") != "f":
            if child.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f'PostgreSQL does not start: "{last_line(server.log)}"; see {server.log}.')
            time.sleep(0.05)
        yield
    finally:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def programs(*needed: str) -> Path:
    folder = binaries.postgres_folder(os.environ)
    for program in needed:
        if not os.access(folder / program, os.X_OK):
            raise CannotStart(f"{folder} has no {program}, which this command needs; install it too.")
    return folder


def version(program: Path) -> int:
    """PostgreSQL's major version; a dump is read by programs of the same or a newer one."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if found is None:
        raise CannotStart(f"{program} does not tell its version; set FAIRGATE_POSTGRES_BIN to another folder.")
    return int(found[1])


def ask(folder: Path, url: str, sql: str) -> list[str]:
    with _client([folder / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql], url) as (child, said):
        output, _ = child.communicate()
        _check(child, said, "psql")
    return output.decode().splitlines()


@contextlib.contextmanager
def dump(folder: Path, url: str) -> Iterator[IO[bytes]]:
    """A snapshot of one instant, while everything goes on."""
    # What counts statements belongs to the server, and who fills a database may not be able to create it.
    options = ("--format=custom", "--no-owner", "--no-privileges", "--extension=plpgsql")
    command: list[str | Path] = [folder / "pg_dump", *options]
    with _client(command, url) as (child, said):
        assert child.stdout is not None
        yield child.stdout
        child.wait()
        _check(child, said, "pg_dump")


def fill(folder: Path, url: str, source: IO[bytes]) -> None:
    """All of the dump or nothing of it."""
    options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    with _client([folder / "pg_restore", *options], url, stdin=subprocess.PIPE) as (child, said):
        assert child.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # It has ended; why, it has said.
            while piece := source.read(1 << 20):
                child.stdin.write(piece)
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
        child.wait()
        _check(child, said, "pg_restore")
    # What a restored table lacks is statistics, and without them the first minutes are slow.
    ask(folder, url, "ANALYZE")


@contextlib.contextmanager
def _client(
    command: list[str | Path], url: str, stdin: int = subprocess.DEVNULL
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """The password goes by the environment: a command line is for everyone to read."""
    parent = os.getpid()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [*command, "--dbname", database_url.without_password(url)],
            env={**os.environ, **_password(url), "LC_ALL": "C"},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=said,
            preexec_fn=lambda: die_with_parent(parent_pid=parent),  # noqa: PLW1509 (a command has one thread)
        )
        try:
            yield child, said
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()


def _password(url: str) -> dict[str, str]:
    password = database_url.parse(url).password
    return {} if password is None else {"PGPASSWORD": password}


def _check(child: subprocess.Popen[bytes], said: IO[bytes], name: str) -> None:
    if child.returncode == 0:
        return
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    reason = next((line for line in lines if "error:" in line.lower()), (lines or ["no word"])[-1])
    raise CannotStart(f'The database refuses: "{reason.removeprefix(f"{name}: error: ")}" (said by {name}).')
