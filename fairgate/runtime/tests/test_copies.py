"""What beat tells of the copies: the file by its note, the archive by its log."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fairgate.runtime.archive_folder import Archive, Chapter, archived_at
from fairgate.runtime.copies import Copies
from fairgate.runtime.installation import Installation, installation

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_an_installation_without_copies_tells_of_none(tmp_path: Path) -> None:
    copies = Copies(installation(tmp_path), None)

    copies.look()

    assert told(copies) == {}


def test_both_copies_are_told_and_stay_as_old_as_they_were(tmp_path: Path) -> None:
    made, archive = installation(tmp_path / "data"), archive_until(NOON, tmp_path)
    note_backup(made, NOON - timedelta(days=1))
    copies = Copies(made, archive)

    copies.look()
    before = told(copies)
    shutil.rmtree(archive)
    copies.look()

    assert before == {"file": NOON - timedelta(days=1), "archive": NOON}
    assert told(copies) == before


def test_of_an_archive_the_last_part_of_the_last_chapter_counts(tmp_path: Path) -> None:
    folder = archive_until(NOON, tmp_path)
    (old,) = Archive(folder).chapters()[0].wal.iterdir()
    os.utime(old, (NOON.timestamp() - 99, NOON.timestamp() - 99))
    (old.with_name("000000010000000000000002.partial")).touch()
    os.utime(old.with_name("000000010000000000000002.partial"), (NOON.timestamp(), NOON.timestamp()))

    assert archived_at(folder) == NOON
    assert archived_at(tmp_path / "nowhere") is None


def archive_until(moment: datetime, parent: Path) -> Path:
    """As its keeper leaves it."""
    folder = parent / "archive" / "20261122T100000Z"
    (folder / "wal").mkdir(parents=True)
    Chapter(folder, moment, moment, 1, 18).write()
    part = folder / "wal/000000010000000000000001"
    part.touch()
    os.utime(part, (moment.timestamp(), moment.timestamp()))
    return folder.parent


def note_backup(made: Installation, moment: datetime) -> None:
    made.run.mkdir(parents=True)
    (made.run / "backup.json").write_text(json.dumps({"taken_at": moment.isoformat()}))


def told(copies: Copies) -> dict[str, datetime]:
    (family,) = copies.told.collect()
    return {sample.labels["kind"]: datetime.fromtimestamp(sample.value, UTC) for sample in family.samples}
