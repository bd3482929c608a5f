"""When everything was last saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fairgate.runtime import backup
from fairgate.runtime.archive_folder import archive_of, archived_at
from fairgate.runtime.installation import Installation


@dataclass(frozen=True)
class Copies:
    """`archive`: the folder that is kept, if one is; its log reaches until `archived_at`."""

    saved_at: datetime | None = None
    archive: Path | None = None
    archived_at: datetime | None = None


def look(installation: Installation, recalled: Mapping[str, str]) -> Copies:
    folder = archive_of(recalled)
    return Copies(backup.last(installation), folder, archived_at(folder) if folder else None)
