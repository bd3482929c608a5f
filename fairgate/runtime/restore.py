"""`fairgate restore FILE`: an installation in an empty folder, or an empty database, out of a backup."""

from __future__ import annotations

import contextlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from fairgate.runtime import backup_database as database
from fairgate.runtime.backup_file import CHUNK, DUMP, FILES, Manifest, read_manifest
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation

RESTORING = "restoring"
# Those of extensions, which the operator may have created before, do not count.
TABLES = """
SELECT count(*) FROM pg_class c WHERE relnamespace = 'public'::regnamespace
   AND NOT EXISTS (
       SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""


def restore(installation: Installation, file: Path) -> Manifest:
    folder = database.programs("pg_restore", "psql", "postgres")
    check_empty(installation)
    manifest = read_manifest(file)
    if manifest.postgres > (ours := database.version(folder / "pg_restore")):
        raise CannotStart(
            f"{file} was written by PostgreSQL {manifest.postgres} and the programs here are of version {ours}; set"
            f" FAIRGATE_POSTGRES_BIN to those of {manifest.postgres} or newer."
        )
    with filling(installation) as fresh, zipfile.ZipFile(file) as archive:
        _take_out_files(archive, fresh)
        with _empty_database(fresh, folder) as url, archive.open(DUMP) as source:
            database.fill(folder, url, source)
    return manifest


def check_empty(installation: Installation) -> None:
    try:
        names = sorted({path.name for path in installation.root.iterdir()} - {RESTORING, "lost+found"})
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotStart(f"Cannot read {installation.root} ({error.strerror}); choose another --data DIR.") from None
    if names:
        raise CannotStart(
            f"{installation.root} is not empty ({names[0]} is there); restore into an empty folder with --data DIR."
        )


@contextlib.contextmanager
def filling(installation: Installation) -> Iterator[Installation]:
    """An installation beside the real one, which takes its place when it is whole; until then nothing is changed."""
    was_there = installation.root.exists()
    fresh = Installation(installation.root / RESTORING)
    fresh.create_folders()
    lock = fresh.take_lock()
    try:
        _clear(fresh)
        fresh.create_folders()
        yield fresh
        # What was written is on disk before anything tells so.
        os.sync()
        _put_in_place(fresh, installation)
    except OSError as error:
        place = error.filename or installation.root
        raise CannotStart(f"Nothing was restored: {place}: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(fresh.root, ignore_errors=True)
        os.close(lock)
        if not was_there:
            with contextlib.suppress(OSError):
                installation.root.rmdir()


def _clear(fresh: Installation) -> None:
    """Of what was left by one that was killed."""
    for path in fresh.root.iterdir():
        if path != fresh.run:
            shutil.rmtree(path)


def _put_in_place(fresh: Installation, installation: Installation) -> None:
    """The database last: a folder without it is none that `fairgate up` would take for whole."""
    for path in sorted(fresh.root.iterdir(), key=lambda path: path == fresh.postgres):
        if path not in (fresh.run, fresh.logs):
            path.rename(installation.root / path.name)


def _take_out_files(archive: zipfile.ZipFile, fresh: Installation) -> None:
    for entry in archive.infolist():
        if entry.filename.startswith(FILES):
            with archive.open(entry) as source:
                put(fresh.root, entry.filename.removeprefix(FILES), source)


def put(root: Path, name: str, source: IO[bytes]) -> None:
    """For its owner alone, and never outside of the folder, whoever wrote the name."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts:
        raise CannotStart(f"The backup names a file outside of its folder ({name}); it is not by `fairgate backup`.")
    path = root.joinpath(*parts)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as sink:
        shutil.copyfileobj(source, sink, CHUNK)


@contextlib.contextmanager
def _empty_database(fresh: Installation, folder: Path) -> Iterator[str]:
    """A new one of ours, or the operator's, which must be empty."""
    if url := os.environ.get(database.URL):
        if database.ask(folder, url, TABLES) != ["0"]:
            raise CannotStart("The database that FAIRGATE_DATABASE_URL names is not empty; make an empty one.")
        yield url
        return
    with database.own(fresh) as server:
        yield server.url
