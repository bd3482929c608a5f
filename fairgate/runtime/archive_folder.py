"""What lies in an archive: chapters, each a copy of the database and the log that was written since.

    archive.json                    of which database
    files/…                         the installation's other files as they are now
    20261122T192000Z/               a chapter, complete as soon as it has this name
        chapter.json                since when, on which timeline, by which PostgreSQL
        base/base.tar.gz, …         the copy
        wal/0000000100000000…       the log, the last part as it grows

A chapter needs nothing of another. So a new one can begin each day, after a failover, and whenever the log has a gap.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from fairgate.runtime.errors import CannotStart
from fairgate.runtime.failover_record import primary_name
from fairgate.runtime.installation import Installation, read_json, write_private

SLOTS = "archive_"
# Where the processes of `fairgate up --archive` find it.
ARCHIVE = "FAIRGATE_ARCHIVE"


@dataclass(frozen=True)
class Chapter:
    folder: Path
    began_at: datetime
    # The first moment that it leads to.
    reached_at: datetime
    timeline: int
    postgres: int

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    @property
    def slot(self) -> str:
        """What makes the primary keep the log until this chapter has it."""
        return SLOTS + self.folder.name.lower()

    def write(self) -> None:
        facts = {name: fact for name, fact in asdict(self).items() if name != "folder"}
        (self.folder / "chapter.json").write_text(json.dumps(facts, default=datetime.isoformat))


@dataclass(frozen=True)
class Archive:
    root: Path

    @property
    def files(self) -> Path:
        return self.root / "files"

    def chapters(self) -> list[Chapter]:
        """In the order of time."""
        try:
            return [_read(path.parent) for path in sorted(self.root.glob("*Z/chapter.json"))]
        except (OSError, ValueError, KeyError) as error:
            raise CannotStart(f"Cannot read the archive in {self.root}: {error}.") from None

    def new_folder(self, now: datetime) -> Path:
        """To be filled and renamed to its name without `.new`."""
        for half in self.root.glob("*Z.new"):
            shutil.rmtree(half)
        fresh = self.root / f"{now:%Y%m%dT%H%M%SZ}.new"
        fresh.mkdir(mode=0o700)
        return fresh

    def belongs_to(self) -> int | None:
        database: int | None = read_json(self.root / "archive.json", {}).get("database")
        return database

    def claim(self, database: int) -> None:
        """For good: the logs of two databases in one folder would be worth nothing."""
        owner = self.belongs_to()
        if owner is None:
            write_private(self.root / "archive.json", json.dumps({"database": database}))
        elif owner != database:
            raise CannotStart(f"The archive in {self.root} is of another database; choose an empty folder.")

    def mirror(self, paths: Iterator[Path], installation: Installation) -> None:
        """What is new or changed; nothing is deleted, since somebody may want the moment when it was there."""
        self.files.mkdir(mode=0o700, exist_ok=True)
        for path in paths:
            copy = self.files / path.relative_to(installation.root)
            try:
                if _is_same(path, copy):
                    continue
                copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                fresh = copy.with_name(f"{copy.name}.new")
                shutil.copy2(path, fresh)
                fresh.replace(copy)
            except FileNotFoundError:
                continue  # It went away meanwhile.


def check(root: Path, installation: Installation) -> None:
    """Before anything is started."""
    if root.resolve().is_relative_to(installation.root.resolve()):
        raise CannotStart(
            f"--archive {root} lies in {installation.root}, with which it would be lost; use another disk."
        )
    try:
        root.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"--archive {root} cannot be made ({error.strerror}); choose another folder.") from None
    if not root.is_dir() or not os.access(root, os.W_OK | os.X_OK):
        raise CannotStart(f"--archive {root} is no folder that can be written to; choose another.")
    owner = Archive(root).belongs_to()
    if owner is not None and owner != database_in(installation.root / primary_name(installation)):
        raise CannotStart(f"The archive in {root} is of another database; choose an empty folder.")


def archive_of(environ: Mapping[str, str]) -> Path | None:
    return Path(environ[ARCHIVE]) if environ.get(ARCHIVE) else None


def archived_at(folder: Path) -> datetime | None:
    """When its log grew last: each 10 s, while it follows. None if there is none, or nobody can see it."""
    try:
        chapter = Archive(folder).chapters()[-1]
        # Of a day's log only the last part grows, and its name is the highest.
        newest = max(chapter.wal.iterdir(), key=lambda file: file.name)
        return datetime.fromtimestamp(newest.stat().st_mtime, UTC)
    except (CannotStart, OSError, IndexError, ValueError):
        return None


def database_in(folder: Path) -> int | None:
    """The first field of PostgreSQL's control file is the number of the database, for ever the same."""
    try:
        with (folder / "global/pg_control").open("rb") as control:
            return int(struct.unpack("=Q", control.read(8))[0])
    except (OSError, struct.error):
        return None


def _read(folder: Path) -> Chapter:
    told = json.loads((folder / "chapter.json").read_text())
    began_at, reached_at = (datetime.fromisoformat(told[name]) for name in ("began_at", "reached_at"))
    return Chapter(folder, began_at, reached_at, int(told["timeline"]), int(told["postgres"]))


def _is_same(path: Path, copy: Path) -> bool:
    here = path.stat()
    try:
        there = copy.stat()
    except FileNotFoundError:
        return False
    return (here.st_size, here.st_mtime_ns) == (there.st_size, there.st_mtime_ns)


def now() -> datetime:
    return datetime.now(UTC)
