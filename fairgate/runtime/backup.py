"""`fairgate backup`: all that an installation needs, in one file, while it sells."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from fairgate.runtime import backup_database as database
from fairgate.runtime.backup_file import CHUNK, DUMP, FILES, MANIFEST, Manifest, files
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, read_json, sync_folder, write_private

# Asked before the dump's snapshot: what was answered until then is in it.
NOW = """SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
MIGRATIONS = "SELECT app || '.' || name FROM django_migrations ORDER BY id"


def backup(installation: Installation, file: Path) -> Manifest:
    """Whole or not at all: under its name there is never a part of it."""
    _check_place(installation, file)
    folder = database.programs("pg_dump", "psql")
    with database.of(installation) as url, _whole(file) as part:
        manifest = Manifest(
            taken_at=database.ask(folder, url, NOW)[0],
            postgres=database.version(folder / "pg_dump"),
            migrations=database.ask(folder, url, MIGRATIONS),
        )
        with zipfile.ZipFile(part, "w") as archive:
            archive.writestr(MANIFEST, manifest.write())
            with database.dump(folder, url) as source:
                _add(archive, DUMP, source)
            # After the dump, so that whatever its rows name is there.
            for path in files(installation):
                with contextlib.suppress(FileNotFoundError), path.open("rb") as source:
                    _add(archive, FILES + str(path.relative_to(installation.root)), source, zipfile.ZIP_DEFLATED)
    _remember(installation, manifest)
    return manifest


def last(installation: Installation) -> datetime | None:
    """Since when there is a file with everything, wherever it went."""
    taken_at = read_json(_record(installation), {}).get("taken_at")
    return datetime.fromisoformat(taken_at) if taken_at else None


def _remember(installation: Installation, manifest: Manifest) -> None:
    """The file is what counts: one that is saved is not given up for a note that cannot be written."""
    with contextlib.suppress(OSError):
        write_private(_record(installation), json.dumps({"taken_at": manifest.taken_at}))


def _record(installation: Installation) -> Path:
    return installation.run / "backup.json"


def _check_place(installation: Installation, file: Path) -> None:
    if file.exists():
        raise CannotStart(f"{file} is there already; choose another name.")
    if not file.parent.is_dir():
        raise CannotStart(f"There is no folder {file.parent}; make it, or choose another place.")
    if file.resolve().is_relative_to(installation.root.resolve()):
        raise CannotStart(f"{file} lies in the folder that it is to save; choose a place outside, on another disk.")


@contextlib.contextmanager
def _whole(file: Path) -> Iterator[IO[bytes]]:
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        # It holds secrets and people. Unbuffered: what cannot be written fails where it is written.
        with open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b", buffering=0) as output:
            yield output
            os.fsync(output.fileno())
        part.rename(file)
        sync_folder(file.parent)
    except OSError as error:
        place = error.filename or file
        raise CannotStart(f"Nothing was saved: {place}: {error.strerror or error}.") from None
    finally:
        part.unlink(missing_ok=True)
        _tell("")


def _add(archive: zipfile.ZipFile, name: str, source: IO[bytes], compression: int = zipfile.ZIP_STORED) -> None:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = compression
    done = 0
    with archive.open(entry, "w", force_zip64=True) as sink:
        while piece := source.read(CHUNK):
            sink.write(piece)
            done += len(piece)
            _tell(f"{name} {done / 1e6:.1f} MB")


def _tell(text: str) -> None:
    """One line that changes, for someone who watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
