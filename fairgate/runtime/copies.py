"""Up to when everything is saved, by `fairgate backup` and by the archive; beat tells Prometheus."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from fairgate.lib.metrics import names
from fairgate.lib.metrics.figure import Read, Sample
from fairgate.runtime import backup
from fairgate.runtime.archive_folder import archived_at
from fairgate.runtime.installation import Installation

EVERY_S = 10.0


class Copies:
    """A copy that cannot be seen is as old as it was when it was seen last."""

    def __init__(self, installation: Installation, archive: Path | None) -> None:
        self._installation, self._archive = installation, archive
        self._reach: dict[str, datetime] = {}
        self.told = Read((names.BACKUP_REACHES,), self._read)

    def watch(self) -> None:
        """In a thread: an archive may lie on a disk that does not answer."""
        threading.Thread(target=self._keep_looking, name="watch_copies", daemon=True).start()

    def look(self) -> None:
        if file := backup.last(self._installation):
            self._reach["file"] = file
        if self._archive and (archive := archived_at(self._archive)):
            self._reach["archive"] = archive

    def _keep_looking(self) -> None:
        while True:
            self.look()
            time.sleep(EVERY_S)

    def _read(self) -> Iterator[Sample]:
        for kind, reaches in list(self._reach.items()):
            yield names.BACKUP_REACHES, (kind,), reaches.timestamp()
