"""The PostgreSQL that `fairgate up` itself runs: its folder is made at the first start and looked at before others."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from fairgate.runtime import spawn
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.process import last_line
from fairgate.runtime.server import ADMIN, DATABASE, REPLICATION_ROLE, ROLE, SETTINGS, Server, literal

OLDEST = 15
ACCESS = f"""\
host all all 127.0.0.1/32 scram-sha-256
host replication {REPLICATION_ROLE} 127.0.0.1/32 scram-sha-256
"""


class Postgres(Server):
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
                f" FAIRGATE_POSTGRES_BIN to the programs of version {made_by}, and carry the data over with"
                " `fairgate backup` and `fairgate restore`."
            )
        elif os.geteuid() not in (0, self.data.stat().st_uid):
            raise CannotStart(
                f"{self.data} belongs to another user; start Fairgate as that user or choose another --data DIR."
            )
        # Written anew each time: a folder that was made before there were standbys lets them in too.
        (self.data / "pg_hba.conf").write_text(ACCESS)

    def launch(self) -> subprocess.Popen[bytes]:
        """Whatever it was before: one that was being promoted when it ended is promoted by this start."""
        with contextlib.suppress(FileNotFoundError):
            (self.data / "standby.signal").rename(self.data / "recovery.signal")
        return super().launch()

    def settings(self) -> Mapping[str, str]:
        if (self.data / "recovery.signal").exists():
            # All of its log lies in its folder; PostgreSQL insists on a command that fetches more.
            return {**SETTINGS, "restore_command": "false"}
        return SETTINGS

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
        identity = self.identity()
        fresh = self.make_folder(identity)
        options = ("--auth=reject", "--no-instructions", "--data-checksums", "--encoding=UTF8", *self._locale())
        self._work(identity, [self.binaries / "initdb", "-D", fresh, "-U", ADMIN, *options])
        self._work(
            identity,
            [self.binaries / "postgres", "--single", "-D", fresh, "-c", "log_checkpoints=off", "postgres"],
            # The application is no superuser: it owns its database and may make another beside it for tests.
            f"ALTER ROLE {ADMIN} PASSWORD {literal(self.admin_password)}\n"
            f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD {literal(self.password)}\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n",
        )
        with contextlib.suppress(FileNotFoundError):
            self.data.rmdir()
        fresh.rename(self.data)

    def _work(self, identity: spawn.Identity, command: list[str | Path], stdin: str = "") -> None:
        if self.run(identity, command, stdin).wait(timeout=120) != 0:
            raise CannotStart(
                f'PostgreSQL cannot make its folder {self.data}: "{last_line(self.log)}"; see {self.log}.'
            )

    def _locale(self) -> tuple[str, ...]:
        """Code point order and Unicode case mapping, without ICU and the same on every system."""
        if self._binaries_version() >= 17:
            return ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        return ("--locale=C.UTF-8",)
