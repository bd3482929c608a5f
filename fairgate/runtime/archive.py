"""Keeps the archive: `python -m fairgate.runtime.archive DIR ARCHIVE PORT NAME`, one more child of `fairgate up`.

It follows the primary's log as a standby does (pg_receivewal), so what is missing after a disaster is what was on the
way, not what the last unfinished file held. It never gives up: what fails is said in its log and tried again.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import FrameType

from fairgate.lib.process import die_with_parent
from fairgate.runtime import binaries
from fairgate.runtime.archive_folder import SLOTS, Archive, Chapter, now
from fairgate.runtime.backup_file import files
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation
from fairgate.runtime.secrets import load_secrets
from fairgate.runtime.server import GLANCE_S, REPLICATION_ROLE, Server

# A chapter that is read back from its beginning should not take longer than this much log.
CHAPTER = timedelta(days=1)
KEPT = timedelta(days=7)
BEAT_S, MIRROR_S, PAUSE_S = 10.0, 60.0, 1.0
NAME = "fairgate_archive"

PRIMARY = """
SELECT (SELECT system_identifier FROM pg_control_system()),
       ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int,
       current_setting('server_version_num')::int / 10000,
       coalesce((SELECT wal_status FROM pg_replication_slots WHERE slot_name = '%s'), 'none')
"""
# So that the log itself says how far it goes, also while nobody buys.
BEAT = "SELECT pg_logical_emit_message(true, 'fairgate', 'archive')"
FOLLOWED = f"SELECT count(*) FROM pg_stat_replication WHERE application_name = '{NAME}' AND state = 'streaming'"
DROP_SLOTS = rf"""
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
 WHERE slot_name LIKE '{SLOTS.replace("_", chr(92) + "_")}%' AND NOT active AND slot_name <> '%s'
"""


def is_followed(primary: Server) -> bool:
    try:
        return primary.ask_as_admin(FOLLOWED, GLANCE_S) == [["1"]]
    except CannotStart:
        return False


async def follows(primary: Server) -> bool:
    """Beside the event loop, as with all that ask a server: it may stand still."""
    return await asyncio.to_thread(is_followed, primary)


def drop_slots_except(primary: Server, slot: str = "") -> None:
    """A slot that nobody reads from keeps the log for ever."""
    primary.ask_as_admin(DROP_SLOTS.replace("%s", slot))


class Keeper:
    def __init__(self, primary: Server, archive: Archive) -> None:
        self.primary, self.archive = primary, archive

    def keep(self) -> None:
        while True:
            try:
                self._follow(self._current() or self._begin())
            except (CannotStart, OSError, subprocess.SubprocessError) as error:
                _log(str(error))
            time.sleep(PAUSE_S)

    def _current(self) -> Chapter | None:
        """The last one, if the primary still has all that is written after it."""
        ((database, timeline, _, slot),) = self.primary.ask_as_admin(PRIMARY % self._last_slot())
        self.archive.claim(int(database))
        if slot in ("none", "lost") or (last := self.archive.chapters()[-1]).timeline != int(timeline):
            return None
        return last

    def _begin(self) -> Chapter:
        began_at = now()
        fresh = self.archive.new_folder(began_at)
        name = fresh.with_suffix("").name
        drop_slots_except(self.primary, self._last_slot())
        _log(f"copies the database to {name}")
        options = ("--format=tar", "--gzip", "--wal-method=stream", "--checkpoint=fast", "--create-slot")
        copying = self._start("pg_basebackup", "-D", fresh / "base", "--slot", SLOTS + name.lower(), *options)
        try:
            if self._wait_for(copying) != 0:
                raise CannotStart("The database cannot be copied to the archive; the lines above say why.")
        finally:
            _end(copying)
        (fresh / "wal").mkdir(mode=0o700)
        ((_, timeline, postgres, _),) = self.primary.ask_as_admin(PRIMARY % "")
        Chapter(fresh, began_at, now(), int(timeline), int(postgres)).write()
        fresh.rename(fresh.with_suffix(""))
        return self.archive.chapters()[-1]

    def _wait_for(self, copying: subprocess.Popen[bytes]) -> int:
        """A day's copy may take an hour, in which the chapter before it is still followed."""
        while True:
            try:
                return copying.wait(BEAT_S)
            except subprocess.TimeoutExpired:
                self.primary.ask_as_admin(BEAT)

    def _last_slot(self) -> str:
        chapters = self.archive.chapters()
        return chapters[-1].slot if chapters else ""

    def _follow(self, chapter: Chapter) -> None:
        """Until the primary goes away, or the next chapter begins: its copy is made while this one still follows."""
        options = ("--no-loop", "--status-interval=1")
        receiver = self._start("pg_receivewal", "-D", chapter.wal, "--slot", chapter.slot, *options)
        try:
            drop_slots_except(self.primary, chapter.slot)
            self._forget_old()
            beat_at = mirror_at = 0.0
            while receiver.poll() is None:
                if time.monotonic() >= beat_at:
                    self.primary.ask_as_admin(BEAT)
                    beat_at = time.monotonic() + BEAT_S
                if time.monotonic() >= mirror_at:
                    self.archive.mirror(files(self.primary.installation), self.primary.installation)
                    mirror_at = time.monotonic() + MIRROR_S
                if now() - chapter.began_at > CHAPTER:
                    self._begin()
                    return
                time.sleep(PAUSE_S / 5)
        finally:
            _end(receiver)

    def _forget_old(self) -> None:
        """A chapter leads to any moment until the next; it goes when that, too, is older than what is kept."""
        chapters = self.archive.chapters()
        for chapter, following in pairwise(chapters):
            if now() - following.reached_at > KEPT:
                shutil.rmtree(chapter.folder)

    def _start(self, program: str, *words: str | Path) -> subprocess.Popen[bytes]:
        name = NAME if program == "pg_receivewal" else f"{NAME}_copy"
        source = f"host=127.0.0.1 port={self.primary.port} user={REPLICATION_ROLE} application_name={name}"
        parent = os.getpid()
        return subprocess.Popen(
            [self.primary.binaries / program, "--dbname", source, *words],
            env=self.primary.environment() | {"PGPASSWORD": self.primary.replication_password},
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: die_with_parent(signal.SIGINT, parent_pid=parent),  # noqa: PLW1509 (one thread)
        )


def _end(child: subprocess.Popen[bytes]) -> None:
    """In order, so that the last part is on disk."""
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _log(sentence: str) -> None:
    print(f"{now():%Y-%m-%d %H:%M:%S} UTC {sentence}", flush=True)


def launch_command(installation: Installation, folder: Path, primary: Server) -> list[str]:
    words = [str(installation.root), str(folder), str(primary.port), primary.name]
    return [sys.executable, "-m", "fairgate.runtime.archive", *words]


def main(data: str, folder: str, port: str, name: str) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    archive = Archive(Path(folder))
    lock = os.open(archive.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"{archive.root} is written to by another Fairgate.")
    installation = Installation(Path(data))
    folder_of_programs = binaries.postgres_folder(os.environ)
    primary = Server.with_secrets(installation, folder_of_programs, int(port), load_secrets(installation), name)
    Keeper(primary, archive).keep()


if __name__ == "__main__":
    main(*sys.argv[1:])
