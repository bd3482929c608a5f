"""A standby: a second PostgreSQL that copies the primary once and then follows its log."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fairgate.lib.lsn import lsn
from fairgate.runtime import spawn
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.process import last_line
from fairgate.runtime.server import ADMIN, GLANCE_S, NO_WAIT, REPLICATION_ROLE, SETTINGS, Server

# The log's address, its timeline, and what the primary keeps for this standby.
PRIMARY = """
SELECT (SELECT system_identifier FROM pg_control_system()),
       ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int,
       pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint,
       coalesce((SELECT wal_status FROM pg_replication_slots WHERE slot_name = '%s'), 'none')
"""


@dataclass(frozen=True)
class History:
    """Where a folder is: of which database, on which timeline, how far."""

    database: str
    timeline: int
    position: int

    def leads_to(self, other: History) -> bool:
        """Whether the other has all that this one has."""
        here, there = (self.database, self.timeline), (other.database, other.timeline)
        return here == there and self.position <= other.position

    def is_before_promotion_of(self, other: History) -> bool:
        """Then it may be ahead of where the other left, and can be brought back to there."""
        return self.database == other.database and self.timeline < other.timeline


@dataclass(frozen=True)
class Standby(Server):
    primary: Server = field(kw_only=True)

    @classmethod
    def of(cls, primary: Server, index: int, port: int) -> Standby:
        return cls.named(f"standby-{index}", primary, port)

    @classmethod
    def named(cls, name: str, primary: Server, port: int) -> Standby:
        """In whatever folder: a primary that was replaced follows in its own."""
        passwords = (primary.password, primary.admin_password, primary.replication_password)
        return cls(primary.installation, primary.binaries, port, *passwords, name, primary=primary)

    @property
    def slot(self) -> str:
        """Its name on the primary, where dashes are not allowed."""
        return self.name.replace("-", "_") if self.name.startswith("standby-") else "standby_0"

    def settings(self) -> Mapping[str, str]:
        return {
            **SETTINGS,
            "primary_conninfo": self._to_primary(self.slot),
            "primary_slot_name": self.slot,
            # How soon it follows again when the primary was away.
            "wal_retrieve_retry_interval": "1s",
        }

    def environment(self) -> dict[str, str]:
        """The password goes to libpq by the environment: a command line is for everyone to read."""
        return {**super().environment(), "PGPASSWORD": self.replication_password}

    def check(self) -> None:
        for program in ("pg_basebackup", "pg_controldata", "pg_rewind"):
            if not os.access(self.binaries / program, os.X_OK):
                raise CannotStart(f"{self.binaries} has no {program}, which --replicas needs; install it too.")

    async def streams(self) -> bool:
        """As the primary's `answers`, beside the event loop."""
        asked = partial(self.ask_as_admin, "SELECT status FROM pg_stat_wal_receiver", GLANCE_S)
        try:
            return await asyncio.to_thread(asked) == [["streaming"]]
        except CannotStart:
            return False

    async def get_ready(self) -> None:
        """Before each start: copy the primary, unless the folder is there and can follow it."""
        mine, was_standby = self._history(), self._signal.exists()
        try:
            primary, slot = self._ask_primary()
        except CannotStart:
            if mine is None or not was_standby:
                raise
            return  # It waits for the primary by itself.
        if mine and was_standby and mine.leads_to(primary):
            if slot not in ("none", "lost"):
                return
        elif mine and mine.is_before_promotion_of(primary) and await self._rewind():
            if slot in ("none", "lost"):
                self._make_slot(is_there=slot != "none")
            return
        else:
            self._set_aside()
        await self._copy(has_slot=slot != "none")

    def _ask_primary(self) -> tuple[History, str]:
        ((database, timeline, position, slot),) = self.primary.ask_as_admin(PRIMARY % self.slot)
        return History(database, int(timeline), int(position)), slot

    @property
    def _signal(self) -> Path:
        """Makes PostgreSQL follow. A primary has no such file, and one that was promoted has it no more."""
        return self.data / "standby.signal"

    def launch(self) -> subprocess.Popen[bytes]:
        if not self._signal.exists():
            raise CannotStart(f"{self.data} is no standby's; it would be a second primary.")
        return super().launch()

    def _history(self) -> History | None:
        if not (self.data / "PG_VERSION").exists():
            return None
        told = subprocess.run(
            [self.binaries / "pg_controldata", self.data],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        facts = {name: value.strip() for name, _, value in (line.partition(":") for line in told.stdout.splitlines())}
        try:
            return History(
                facts["Database system identifier"],
                int(facts["Latest checkpoint's TimeLineID"]),
                max(lsn(facts[f"{what} location"]) for what in ("Latest checkpoint", "Minimum recovery ending")),
            )
        except (KeyError, ValueError):
            return None

    async def _rewind(self) -> bool:
        """Back to where it parted from the one that was promoted. What only this one has is lost with that."""
        self._remove_stale_lock()
        for signal_file in ("standby.signal", "recovery.signal"):
            # With them it could not be brought to order first, which takes a server of one user.
            (self.data / signal_file).unlink(missing_ok=True)
        source = f"host=127.0.0.1 port={self.primary.port} user={ADMIN} dbname={ADMIN}"
        child = spawn.spawn(
            [self.binaries / "pg_rewind", "-D", self.data, "--source-server", source],
            env={**super().environment(), "PGPASSWORD": self.admin_password, "PGOPTIONS": NO_WAIT},
            cwd=Path("/"),
            log=self.log,
            identity=self.identity(),
        )
        if await _ended(child) != 0:
            return False
        self._follow_from_now_on(self.data)
        return True

    def _make_slot(self, *, is_there: bool) -> None:
        if is_there:
            self.primary.ask_as_admin(f"SELECT pg_drop_replication_slot('{self.slot}')")
        self.primary.ask_as_admin(f"SELECT pg_create_physical_replication_slot('{self.slot}', true)")

    def _set_aside(self) -> None:
        """What is no part of the primary's history may be all that is left of another: only people delete it."""
        if self.data.exists():
            self.data.rename(self.data.with_name(f"{self.name}.aside-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"))

    async def _copy(self, *, has_slot: bool) -> None:
        if has_slot:
            self.primary.ask_as_admin(f"SELECT pg_drop_replication_slot('{self.slot}')")
        identity = self.identity()
        fresh = self.make_folder(identity)
        # Under another name: the copy must not count as a standby that has what a commit waits for.
        source = self._to_primary(f"copy_of_{self.slot}")
        options = ("--create-slot", "--slot", self.slot, "--wal-method=stream", "--checkpoint=fast", "--no-manifest")
        child = self.run(identity, [self.binaries / "pg_basebackup", "-D", fresh, "-d", source, *options])
        if await _ended(child) != 0:
            raise CannotStart(f'{self.name} cannot copy the primary: "{last_line(self.log)}"; see {self.log}.')
        self._follow_from_now_on(fresh)
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.rename(self.data)

    def _follow_from_now_on(self, folder: Path) -> None:
        # What ALTER SYSTEM said on the primary was meant for the primary.
        (folder / "postgresql.auto.conf").write_text("")
        (folder / "standby.signal").touch()

    def _to_primary(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.primary.port} user={REPLICATION_ROLE} application_name={name}"


async def _ended(child: subprocess.Popen[bytes]) -> int:
    try:
        while child.poll() is None:
            await asyncio.sleep(0.02)
    finally:
        _kill(child)
    return child.wait()


def _kill(child: subprocess.Popen[bytes]) -> None:
    """It has a child of its own, which receives the log."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
