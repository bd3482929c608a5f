"""`fairgate restore --at TIME`: an installation as it was at a moment, out of an archive."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fairgate.runtime import backup_database as database
from fairgate.runtime import spawn
from fairgate.runtime.archive_folder import Archive, Chapter, now
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation
from fairgate.runtime.postgres import Postgres
from fairgate.runtime.restore import check_empty, filling, put
from fairgate.runtime.server import unprivileged_user

LATEST = "latest"
TOO_EARLY_AN_END = "recovery ended before configured recovery target was reached"
LAST = re.compile(r"last completed transaction was at log time (\S+ \S+)")
# In words that say where they are: what is told to an operator must not depend on a time zone's setting.
RESTORED = """SELECT to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


@dataclass(frozen=True)
class Recovering(Postgres):
    """Reads the log up to the moment, and is a primary then, on a timeline of its own."""

    until: datetime | None = field(default=None, kw_only=True)

    def settings(self) -> Mapping[str, str]:
        # All of the log lies in the folder already; PostgreSQL insists on a command that fetches more.
        wanted = {"restore_command": "false", "recovery_target_action": "promote"}
        if self.until:
            wanted["recovery_target_time"] = self.until.isoformat()
        return {**super().settings(), **wanted}


def restore_at(installation: Installation, root: Path, wish: str) -> str:
    """Returns the time of the last transaction that is there again."""
    until = None if wish == LATEST else _moment(wish)
    archive = Archive(root)
    chapter = _chapter_for(archive, until)
    folder = database.programs("postgres", "psql")
    if (ours := database.version(folder / "postgres")) != chapter.postgres:
        raise CannotStart(
            f"The archive in {root} was written by PostgreSQL {chapter.postgres} and the programs here are of version"
            f" {ours}; set FAIRGATE_POSTGRES_BIN to those of {chapter.postgres}."
        )
    check_empty(installation)
    with filling(installation) as fresh:
        _take_files(archive, fresh)
        _take_database(chapter, fresh)
        return _recover(fresh, chapter, until)


def _moment(words: str) -> datetime:
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        raise CannotStart(f"--at {words} is no time; write 2026-11-22T19:30:00+01:00, or `latest`.") from None
    if moment.tzinfo is None:
        raise CannotStart(f"--at {words} does not say in which time zone; write {words}Z, or {words}+01:00.")
    if moment > now():
        raise CannotStart(f"--at {words} lies in the future.")
    return moment


def _chapter_for(archive: Archive, until: datetime | None) -> Chapter:
    chapters = archive.chapters()
    if not chapters:
        raise CannotStart(f"There is no archive in {archive.root}; name its folder with --archive.")
    fitting = [chapter for chapter in chapters if until is None or chapter.reached_at <= until]
    if not fitting:
        raise CannotStart(
            f"The archive in {archive.root} begins at {_told(chapters[0].reached_at)}; ask for a later time."
        )
    return fitting[-1]


def _take_files(archive: Archive, fresh: Installation) -> None:
    for path in sorted(archive.files.rglob("*")):
        if path.is_file() and path.suffix != ".new":
            with path.open("rb") as source:
                put(fresh.root, str(path.relative_to(archive.files)), source)


def _take_database(chapter: Chapter, fresh: Installation) -> None:
    fresh.postgres.mkdir(mode=0o700)
    _unpack(chapter.folder / "base/base.tar.gz", fresh.postgres)
    wal = fresh.postgres / "pg_wal"
    _unpack(chapter.folder / "base/pg_wal.tar.gz", wal)
    for path in sorted(chapter.wal.iterdir()):
        # The last part is as long as a whole one; where the copy has it too, the copy's is whole.
        name = path.name.removesuffix(".partial")
        if name == path.name or not (wal / name).exists():
            shutil.copyfile(path, wal / name)
    # What ALTER SYSTEM said there was meant for a primary with its standbys.
    (fresh.postgres / "postgresql.auto.conf").write_text("")
    (fresh.postgres / "recovery.signal").touch()
    _give_away(fresh)


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        with tarfile.open(archive) as members:
            for member in members:
                source = members.extractfile(member) if member.isfile() else None
                if source:
                    put(folder, member.name, source)
                elif member.isdir():
                    (folder / member.name).mkdir(mode=0o700, parents=True, exist_ok=True)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise CannotStart(
            f"{archive} is broken or cut off ({error}); ask for a time that another copy leads to."
        ) from None


def _give_away(fresh: Installation) -> None:
    """Where PostgreSQL runs as another user, its folder is that user's."""
    if os.geteuid() != 0 or spawn.can_mask():
        return
    identity = unprivileged_user()
    for folder, below, names in os.walk(fresh.postgres):
        for name in (".", *below, *names):
            os.chown(Path(folder, name), identity.uid or 0, identity.gid or 0)


def _recover(fresh: Installation, chapter: Chapter, until: datetime | None) -> str:
    try:
        with database.own(fresh, Recovering, until=until) as server:
            return server.ask(RESTORED) or _told(chapter.reached_at)
    except CannotStart:
        said = (fresh.logs / "postgres.log").read_text(errors="replace")
        if TOO_EARLY_AN_END not in said:
            raise
        ends = LAST.findall(said)
        end = datetime.fromisoformat(f"{ends[-1]}:00") if ends else chapter.reached_at
        raise CannotStart(
            f"The archive goes as far as {_told(end)}; ask for that time or an earlier one, or for `latest`."
        ) from None


def _told(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
