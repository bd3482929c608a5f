"""The one file that `fairgate backup` writes: a ZIP, so that a checksum guards each part and a cut end is noticed.

backup.json     what it is, of when, and by which versions
database.dump   pg_dump's custom format
files/…         what else lies in the installation's folder: secrets, mail, uploads
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import fairgate
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation

FORMAT = 1
MANIFEST, DUMP, FILES = "backup.json", "database.dump", "files/"
CHUNK = 1 << 20
# What a start makes by itself, or the dump holds already, or belongs to this machine's run.
LEFT_OUT = {"run", "logs", "valkey", "prometheus", "postgres", "primary", "restoring", "lost+found"}


@dataclass(frozen=True)
class Manifest:
    taken_at: str
    postgres: int
    migrations: list[str]
    format: int = FORMAT
    fairgate: str = fairgate.__version__

    def write(self) -> str:
        return json.dumps(asdict(self), indent=1)


def files(installation: Installation) -> Iterator[Path]:
    """All that people or the application put there, whatever folder a later version keeps it in."""
    for folder, below, names in os.walk(installation.root):
        if Path(folder) == installation.root:
            below[:] = [name for name in below if name not in LEFT_OUT and not _is_of_postgres(name)]
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink() and path.name not in LEFT_OUT and path.suffix != ".new":
                yield path


def _is_of_postgres(name: str) -> bool:
    return name.startswith(("standby-", "postgres."))


def read_manifest(path: Path) -> Manifest:
    """Of a file that is whole: every byte of it is read before anything is made of it."""
    not_ours = CannotStart(f"{path} is no backup by `fairgate backup`.")
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
            told = json.loads(archive.read(MANIFEST))
            has_dump = DUMP in archive.namelist()
    except OSError as error:
        raise CannotStart(f"Cannot read {path} ({error.strerror or error}).") from None
    except KeyError:
        raise not_ours from None
    except (zipfile.BadZipFile, EOFError, ValueError, RuntimeError, NotImplementedError):
        if _begins_like_one(path):
            raise CannotStart(f"{path} is broken or cut off; take another copy of it.") from None
        raise not_ours from None
    if broken or not has_dump:
        raise CannotStart(f"{path} is broken: {broken or DUMP} is not what was saved; take another copy of it.")
    return _understood(path, told, not_ours)


def _begins_like_one(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _understood(path: Path, told: object, not_ours: CannotStart) -> Manifest:
    try:
        manifest = Manifest(**told)  # type: ignore[arg-type]
        newer = manifest.format > FORMAT
    except TypeError:
        # A later format may say more than we know.
        newer = isinstance(told, dict) and isinstance(told.get("format"), int) and told["format"] > FORMAT
        if not newer:
            raise not_ours from None
    if newer:
        raise CannotStart(f"{path} was written by a newer Fairgate; update this one first.")
    unknown = [name for name in manifest.migrations if not _is_known(name)]
    if unknown:
        raise CannotStart(f"{path} was written by a newer Fairgate ({unknown[0]} is unknown here); update this one.")
    return manifest


def _is_known(migration: str) -> bool:
    """Those of our own apps are files beside us; other packages' are pinned with the version of ours."""
    app, _, name = migration.partition(".")
    folder = Path(fairgate.__file__).parent / app / "migrations"
    return not folder.is_dir() or (folder / f"{name}.py").is_file()
