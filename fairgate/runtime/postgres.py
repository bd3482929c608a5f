"""PostgreSQL as a direct child in the foreground, in a folder of ours.

Not by pg_ctl, whose servers are orphans by design: after a SIGKILL the dead one stays a zombie and its lock file blocks
the next start. As our child it is reaped at once.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fairgate.runtime import spawn
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation
from fairgate.runtime.process import last_line

OLDEST = 15
ADMIN, ROLE, DATABASE = "postgres", "fairgate", "fairgate"

# Small enough for a laptop. Durability stays as PostgreSQL ships it: fsync and synchronous_commit are on.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "250",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "wal_compression": "pglz",
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


@dataclass(frozen=True)
class Postgres:
    installation: Installation
    binaries: Path
    port: int
    password: str
    admin_password: str

    @property
    def data(self) -> Path:
        return self.installation.postgres

    @property
    def log(self) -> Path:
        return self.installation.logs / "postgres.log"

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{quote(self.password, safe='')}@127.0.0.1:{self.port}/{DATABASE}"

    def identity(self) -> spawn.Identity:
        """PostgreSQL refuses root: root wears a mask, or becomes the unprivileged owner of the folder."""
        if os.geteuid() != 0:
            return spawn.OURSELVES
        if self.data.exists() and (owner := self.data.stat()).st_uid != 0:
            return spawn.Identity(uid=owner.st_uid, gid=owner.st_gid)
        return spawn.MASKED if spawn.can_mask() else _unprivileged_user()

    def prepare(self) -> None:
        """Make the folder at the first start; at every later one see that it fits these binaries."""
        found = self._binaries_version()
        if found < OLDEST:
            raise CannotStart(
                f"{self.binaries} holds PostgreSQL {found}; set FAIRGATE_POSTGRES_BIN to that of {OLDEST} or newer."
            )
        self._check_reach()
        made_by = self._folder_version()
        if made_by is None:
            self._initialize()
        elif made_by != found:
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {made_by}, but {self.binaries} holds {found}: set"
                f" FAIRGATE_POSTGRES_BIN to the programs of version {made_by}, or carry the data over with pg_dump"
                " into a new --data DIR."
            )
        elif os.geteuid() not in (0, self.data.stat().st_uid):
            raise CannotStart(
                f"{self.data} belongs to another user; start Fairgate as that user or choose another --data DIR."
            )

    def launch(self) -> subprocess.Popen[bytes]:
        self._remove_stale_lock()
        settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        return spawn.spawn(
            [self.binaries / "postgres", "-D", self.data, "-p", str(self.port), *settings],
            env=_environment(),
            cwd=self.data,
            log=self.log,
            # A fast shutdown: PostgreSQL ends clean even when the supervisor was killed.
            on_parent_death=signal.SIGINT,
            identity=self.identity(),
        )

    def ask(self, sql: str, timeout_s: float = 5.0) -> str | None:
        """The first column of the answer, or None: asked as the application asks, over TCP with its password."""
        command: list[str | Path] = [self.binaries / "psql", "-XAtq", "-c", sql]
        connection: dict[str, str] = {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": ROLE,
            "PGPASSWORD": self.password,
            "PGDATABASE": DATABASE,
            "PGCONNECT_TIMEOUT": "2",
        }
        with contextlib.suppress(subprocess.SubprocessError, OSError):
            done = subprocess.run(
                command, env=_environment() | connection, capture_output=True, timeout=timeout_s, check=True, text=True
            )
            return done.stdout.strip()
        return None

    async def answers(self) -> bool:
        return self.ask("SELECT 1") == "1"

    def _check_reach(self) -> None:
        identity = self.identity()
        if identity.uid is None or spawn.can_reach(identity, self.binaries / "postgres", self.installation.root):
            return
        raise CannotStart(
            f"PostgreSQL must not run as root, user namespaces are refused here, and uid {identity.uid} cannot reach"
            f" {self.binaries} or {self.installation.root}; start Fairgate as an ordinary user."
        )

    def _binaries_version(self) -> int:
        for program in ("postgres", "initdb", "psql"):
            if not os.access(self.binaries / program, os.X_OK):
                raise CannotStart(
                    f"{self.binaries} has no {program}; set FAIRGATE_POSTGRES_BIN to PostgreSQL's folder of programs."
                )
        try:
            asked = subprocess.run(
                [self.binaries / "postgres", "--version"], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise CannotStart(f"Cannot run {self.binaries / 'postgres'}: {error}; set FAIRGATE_POSTGRES_BIN.") from None
        version = re.search(r"\(PostgreSQL\) (\d+)", asked.stdout)
        if version is None:
            raise CannotStart(
                f"{self.binaries / 'postgres'} does not tell its version; set FAIRGATE_POSTGRES_BIN to another."
            )
        return int(version[1])

    def _folder_version(self) -> int | None:
        try:
            return int((self.data / "PG_VERSION").read_text().strip().partition(".")[0])
        except FileNotFoundError:
            if self.data.exists() and any(self.data.iterdir()):
                raise CannotStart(
                    f"{self.data} is not empty and not PostgreSQL's; move it away or choose another --data DIR."
                ) from None
            return None
        except (OSError, ValueError) as error:
            raise CannotStart(f"Cannot read {self.data / 'PG_VERSION'} ({error}); choose another --data DIR.") from None

    def _initialize(self) -> None:
        """Build beside and rename: whoever is killed in between leaves nothing that looks like a database."""
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        identity = self.identity()
        if identity.uid is not None and identity.gid is not None:
            os.chown(fresh, identity.uid, identity.gid)
        options = ("--auth=reject", "--no-instructions", "--data-checksums", "--encoding=UTF8", *self._locale())
        self._run(identity, [self.binaries / "initdb", "-D", fresh, "-U", ADMIN, *options])
        (fresh / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        self._run(
            identity,
            [self.binaries / "postgres", "--single", "-D", fresh, "-c", "log_checkpoints=off", "postgres"],
            # The application is no superuser: it owns its database and may make another beside it for tests.
            f"ALTER ROLE {ADMIN} PASSWORD {_literal(self.admin_password)}\n"
            f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD {_literal(self.password)}\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n",
        )
        with contextlib.suppress(FileNotFoundError):
            self.data.rmdir()
        fresh.rename(self.data)

    def _locale(self) -> tuple[str, ...]:
        """Code point order and Unicode case mapping, without ICU and the same on every system."""
        if self._binaries_version() >= 17:
            return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        return ("--locale=C.UTF-8",)

    def _run(self, identity: spawn.Identity, command: list[str | Path], stdin: str = "") -> None:
        reading, writing = os.pipe()
        with open(reading, "rb") as source, open(writing, "wb") as sink:
            child = spawn.spawn(
                command, env=_environment(), cwd=Path("/"), log=self.log, identity=identity, stdin=source.fileno()
            )
            sink.write(stdin.encode())
        if child.wait(timeout=120) != 0:
            raise CannotStart(
                f'PostgreSQL cannot make its folder {self.data}: "{last_line(self.log)}"; see {self.log}.'
            )

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


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _environment() -> dict[str, str]:
    """Nothing of the caller's PG… settings, which would change what initdb and psql do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _unprivileged_user() -> spawn.Identity:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return spawn.Identity(uid=user.pw_uid, gid=user.pw_gid)
    raise CannotStart(
        "PostgreSQL must not run as root and there is no other user here; start Fairgate as an ordinary user."
    )
