"""When everything was last saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fairgate.doctor.looks.processes import Process
from fairgate.runtime import backup
from fairgate.runtime.archive_folder import Archive
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation


@dataclass(frozen=True)
class Copies:
    """`archive`: the folder that is kept, if one is; its log reaches until `archived_at`."""

    saved_at: datetime | None = None
    archive: Path | None = None
    archived_at: datetime | None = None


def look(installation: Installation, processes: Iterable[Process]) -> Copies:
    saved_at = backup.last(installation)
    folder = next((_archive(process.pid) for process in processes if process.kind == "archive" and process.pid), None)
    return Copies(saved_at, folder, _reaches(folder) if folder else None)


def _archive(pid: int) -> Path | None:
    """As its keeper was started: python -m fairgate.runtime.archive DIR ARCHIVE PORT."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return None
    return Path(words[-3]) if len(words) > 3 else None


def _reaches(folder: Path) -> datetime | None:
    try:
        chapters = Archive(folder).chapters()
        written = [file.stat().st_mtime for chapter in chapters[-1:] for file in chapter.wal.iterdir()]
    except (CannotStart, OSError):
        return None
    return datetime.fromtimestamp(max(written)).astimezone() if written else None
