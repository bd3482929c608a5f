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

from fairgate.runtime.errors import CannotStart
from fairgate.runtime.process import last_line
from fairgate.runtime.server import GLANCE_S, REPLICATION_ROLE, SETTINGS, Server

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


@dataclass(frozen=True)
class Standby(Server):
    primary: Server = field(kw_only=True)

    @classmethod
    def of(cls, primary: Server, index: int, port: int) -> Standby:
        passwords = (primary.password, primary.admin_password, primary.replication_password)
        return cls(primary.installation, primary.binaries, port, *passwords, f"standby-{index}", primary=primary)

    @property
    def slot(self) -> str:
        """Its name on the primary, where dashes are not allowed."""
        return self.name.replace("-", "_")

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
        for program in ("pg_basebackup", "pg_controldata"):
            if not os.access(self.binaries / program, os.X_OK):
                raise CannotStart(f"{self.binaries} has no {program}, which --replicas needs; install it too.")

    async def streams(self) -> bool:
        try:
            return self.ask_as_admin("SELECT status FROM pg_stat_wal_receiver", GLANCE_S) == [["streaming"]]
        except CannotStart:
            return False

    async def get_ready(self) -> None:
        """Before each start: copy the primary, unless the folder is there and can follow it."""
        mine = self._history()
        try:
            primary, slot = self._ask_primary()
        except CannotStart:
            if mine is None:
                raise
            return  # It waits for the primary by itself.
        if mine is None or not mine.leads_to(primary):
            self._set_aside()
        elif slot not in ("none", "lost"):
            return
        await self._copy(has_slot=slot != "none")

    def _ask_primary(self) -> tuple[History, str]:
        ((database, timeline, position, slot),) = self.primary.ask_as_admin(PRIMARY % self.slot)
        return History(database, int(timeline), int(position)), slot

    def _history(self) -> History | None:
        """None when there is no folder, or none of a standby: one that was promoted has no such file any more."""
        if not (self.data / "standby.signal").exists():
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
                max(_position(facts[f"{what} location"]) for what in ("Latest checkpoint", "Minimum recovery ending")),
            )
        except (KeyError, ValueError):
            return None

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
        try:
            while child.poll() is None:
                await asyncio.sleep(0.02)
        finally:
            _kill(child)
        if child.returncode != 0:
            raise CannotStart(f'{self.name} cannot copy the primary: "{last_line(self.log)}"; see {self.log}.')
        # What ALTER SYSTEM said on the primary was meant for the primary.
        (fresh / "postgresql.auto.conf").write_text("")
        (fresh / "standby.signal").touch()
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.rename(self.data)

    def _to_primary(self, name: str) -> str:
        return f"host=127.0.0.1 port={self.primary.port} user={REPLICATION_ROLE} application_name={name}"


def _position(text: str) -> int:
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def _kill(child: subprocess.Popen[bytes]) -> None:
    """It has a child of its own, which receives the log."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
