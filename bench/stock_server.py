"""PostgreSQL as an installation has it, and nothing else: databases with and without Fairgate's schema."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from installation import FAIRGATE

from fairgate.runtime import binaries
from fairgate.runtime.installation import Installation
from fairgate.runtime.postgres import Postgres
from fairgate.testing.pair import Pair
from fairgate.testing.waiting import free_port, wait_until

MIGRATE_S = 180


@dataclass(frozen=True)
class Database:
    """One database, and the first process of each server that works for it."""

    url: str
    pids: Mapping[str, list[int]]

    def run_in_django(self, code: str) -> str:
        return self.manage("shell", "--no-imports", "--command", code)

    def command(self, *words: str) -> list[str]:
        """A management command, for who runs it with `environment()`."""
        return [*FAIRGATE, "manage", *words]

    def manage(self, *words: str) -> str:
        command = self.command(*words)
        done = subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, timeout=MIGRATE_S, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        return done.stdout

    def environment(self) -> dict[str, str]:
        """What Fairgate's own code wants to be told, with the caller's settings left out."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("FAIRGATE_")}
        return ours | {
            "FAIRGATE_DATABASE_URL": self.url,
            "FAIRGATE_VALKEY_URL": "valkey://127.0.0.1:1/0",  # Nothing measured with this needs it.
            "FAIRGATE_SECRET_KEY": secrets.token_hex(32),
            "FAIRGATE_PUBLIC_URL": "http://bench.example.org",
            "DJANGO_SETTINGS_MODULE": "fairgate.core.settings",
        }

    def ask(self, sql: str) -> Any:
        """The first column of the first row."""
        with psycopg.connect(self.url, autocommit=True) as db:
            row = db.execute(sql).fetchone()
        return row[0] if row else None

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as db:
            for statement in statements:
                db.execute(statement)

    def beside(self, name: str) -> Database:
        """Another database of the same server, made anew."""
        self.run(f"CREATE DATABASE {name}")
        return Database(self.url.rpartition("/")[0] + f"/{name}", self.pids)

    def libpq(self) -> dict[str, str]:
        """The address as PostgreSQL's own programs want it."""
        parts = urlsplit(self.url)
        return {
            "PATH": os.defpath,
            "PGHOST": str(parts.hostname),
            "PGPORT": str(parts.port),
            "PGUSER": str(parts.username),
            "PGPASSWORD": str(parts.password),
            "PGDATABASE": parts.path.lstrip("/"),
        }


@dataclass(frozen=True)
class Server:
    postgres: Postgres
    process: subprocess.Popen[bytes]

    def database(self, name: str) -> Database:
        return Database(self.postgres.url.rpartition("/")[0] + f"/{name}", {"postgres": [self.process.pid]})

    def create(self, name: str, template: str = "template1") -> Database:
        self.database("fairgate").run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.database(name)

    def create_with_schema(self, name: str) -> Database:
        database = self.create(name)
        database.manage("migrate", "--verbosity", "0")
        return database


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """A server in a temporary folder, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fairgate-bench-"))
    # PostgreSQL may run as another user and must be able to walk to its part.
    folder.chmod(0o755)
    own = Installation(folder)
    own.create_folders()
    postgres = Postgres(own, binaries.postgres_folder(os.environ), free_port(), "bench", "bench")
    try:
        postgres.prepare()
        with running(postgres) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def with_standby() -> Iterator[Database]:
    """The database of a pair: nothing is committed before the standby has it on its disk."""
    with Pair() as pair:
        database = Database(pair.primary.url, {"postgres": pair.primary_pids[:1], "standby": pair.standby_pids[:1]})
        database.manage("migrate", "--verbosity", "0")
        yield database


@contextlib.contextmanager
def running(postgres: Postgres) -> Iterator[Server]:
    process = postgres.launch()
    try:
        wait_until(lambda: process.poll() is not None or postgres.ask("SELECT 1") == "1")
        if process.poll() is not None:
            raise SystemExit(f"PostgreSQL did not start: {postgres.log.read_text()[-500:]}")
        yield Server(postgres, process)
    finally:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(60)
