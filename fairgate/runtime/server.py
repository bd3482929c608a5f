"""A PostgreSQL server as a direct child in the foreground, in a folder of ours: what primary and standby share.

Not by pg_ctl, whose servers are orphans by design: after a SIGKILL the dead one stays a zombie and its lock file blocks
the next start. As our child it is reaped at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from fairgate.runtime import spawn
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation

ADMIN, ROLE, DATABASE = "postgres", "fairgate", "fairgate"
REPLICATION_ROLE = "fairgate_standby"
NO_WAIT = "-c synchronous_commit=local"
# Whether it answers is asked again and again; what a start depends on, once, and the machine may be busy.
GLANCE_S, PATIENCE_S = 3.0, 30.0

# Small enough for a laptop. Durability stays as PostgreSQL ships it: fsync and synchronous_commit are on.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "250",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "wal_compression": "pglz",
    # For the standbys of one machine, the archive, and the copying of one of them at a time.
    "max_wal_senders": "16",
    # A standby that is away for long is copied anew; until then its log must not fill the disk.
    "max_slot_wal_keep_size": "4GB",
    # What a former primary needs to find the way back to where it parted from the new one.
    "wal_keep_size": "256MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # An error's DETAIL and STATEMENT quote rows, and rows hold people: neither belongs in a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}
# See server_statements.py.
COUNT_STATEMENTS = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.max": "2000",
    "pg_stat_statements.track_utility": "off",
}


@dataclass(frozen=True)
class Server:
    installation: Installation
    binaries: Path
    port: int
    password: str
    admin_password: str
    replication_password: str = ""
    # Of its folder and its log.
    name: str = "postgres"

    @classmethod
    def with_secrets(
        cls, installation: Installation, binaries: Path, port: int, secrets: Mapping[str, str], name: str, **more: Any
    ) -> Self:
        return cls(
            installation,
            binaries,
            port,
            secrets["database_password"],
            secrets["database_admin_password"],
            secrets["database_replication_password"],
            name,
            **more,
        )

    @property
    def data(self) -> Path:
        return self.installation.root / self.name

    @property
    def log(self) -> Path:
        return self.installation.logs / f"{self.name}.log"

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{DATABASE}"

    def identity(self) -> spawn.Identity:
        """PostgreSQL refuses root: root wears a mask, or becomes the unprivileged owner of the folder."""
        if os.geteuid() != 0:
            return spawn.OURSELVES
        if self.data.exists() and (owner := self.data.stat()).st_uid != 0:
            return spawn.Identity(uid=owner.st_uid, gid=owner.st_gid)
        return spawn.MASKED if spawn.can_mask() else unprivileged_user()

    def launch(self) -> subprocess.Popen[bytes]:
        self._remove_stale_lock()
        chosen = {**self.settings(), **(COUNT_STATEMENTS if self.counts_statements() else {})}
        settings = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        return spawn.spawn(
            [self.binaries / "postgres", "-D", self.data, "-p", str(self.port), *settings],
            env=self.environment(),
            cwd=self.data,
            log=self.log,
            # A fast shutdown: PostgreSQL ends clean even when the supervisor was killed.
            on_parent_death=signal.SIGINT,
            identity=self.identity(),
        )

    def settings(self) -> Mapping[str, str]:
        return SETTINGS

    def counts_statements(self) -> bool:
        """Some suppliers have it in a package of its own, and a server told to load what is missing does not start."""
        return any((self.binaries.parent / "lib").rglob("pg_stat_statements.so"))

    def environment(self) -> dict[str, str]:
        return environment()

    def ask(self, sql: str, timeout_s: float = GLANCE_S) -> str | None:
        """The first column of the answer, or None: asked as the application asks, over TCP with its password."""
        try:
            return self._psql(sql, ROLE, self.password, DATABASE, timeout_s).strip()
        except (subprocess.SubprocessError, OSError):
            return None

    def ask_as_admin(self, sql: str, timeout_s: float = PATIENCE_S, database: str = ADMIN) -> list[list[str]]:
        """All rows. Raises CannotStart with the server's reason; what is changed so waits for no standby."""
        try:
            answer = self._psql(sql, ADMIN, self.admin_password, database, timeout_s, PGOPTIONS=NO_WAIT)
        except subprocess.CalledProcessError as error:
            reason = " ".join(error.stderr.split())
            raise CannotStart(f'{self.name} refuses: "{reason}"; see {self.log}.') from None
        except (subprocess.SubprocessError, OSError):
            raise CannotStart(f"{self.name} does not answer; see {self.log}.") from None
        return [line.split("|") for line in answer.splitlines()]

    def _psql(self, sql: str, user: str, password: str, database: str, timeout_s: float, **options: str) -> str:
        """The statement goes by stdin: a command line is for everyone to read, and it may hold a password."""
        connection = {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": user,
            "PGPASSWORD": password,
            "PGDATABASE": database,
            "PGCONNECT_TIMEOUT": str(round(timeout_s)),
        }
        done = subprocess.run(
            [self.binaries / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1"],
            env=environment() | connection | options,
            input=sql,
            capture_output=True,
            timeout=timeout_s,
            check=True,
            text=True,
        )
        return done.stdout

    async def answers(self) -> bool:
        """Beside the event loop: while one that stands still is waited for, the others are asked in time."""
        return await asyncio.to_thread(self.ask, "SELECT 1") == "1"

    def run(self, identity: spawn.Identity, command: list[str | Path], stdin: str = "") -> subprocess.Popen[bytes]:
        """A program of PostgreSQL's that works on the folder; what it says goes to the log."""
        reading, writing = os.pipe()
        with open(reading, "rb") as source, open(writing, "wb") as sink:
            child = spawn.spawn(
                command, env=self.environment(), cwd=Path("/"), log=self.log, identity=identity, stdin=source.fileno()
            )
            sink.write(stdin.encode())
        return child

    def make_folder(self, identity: spawn.Identity) -> Path:
        """An empty one beside the real one, to be filled and renamed: so a half database never has its name."""
        fresh = self.data.with_name(f"{self.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if identity.uid is not None and identity.gid is not None:
            os.chown(fresh, identity.uid, identity.gid)
        return fresh

    def _remove_stale_lock(self) -> None:
        """After a crash the number in postmaster.pid may be any process's, and PostgreSQL would refuse to start.

        We hold the installation's lock, so the file is stale unless a postmaster works in this very folder.
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
            if os.path.samefile(f"/proc/{pid}/cwd", self.data):
                return
        except (OSError, ValueError):
            pass  # No file, cut short, no such process, or one we may not look at: none of them is our postmaster.
        lock.unlink(missing_ok=True)


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def environment() -> dict[str, str]:
    """Nothing of the caller's PG… settings, which would change what PostgreSQL's programs do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def unprivileged_user() -> spawn.Identity:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return spawn.Identity(uid=user.pw_uid, gid=user.pw_gid)
    raise CannotStart(
        "PostgreSQL must not run as root and there is no other user here; start Fairgate as an ordinary user."
    )
