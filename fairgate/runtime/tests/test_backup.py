"""A backup and its way back, on an installation that is only PostgreSQL and files."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from fairgate.runtime import backup_database as database
from fairgate.runtime.backup import backup, last
from fairgate.runtime.backup_file import read_manifest
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, installation
from fairgate.runtime.restore import RESTORING, restore
from fairgate.runtime.tests.running import clean_environment, fairgate

pytestmark = pytest.mark.usefixtures("nothing_set")

# Debian's, beside the newer one of the wheel.
OLDER = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"))), None)
# As the default storage has it.
PICTURE = "uploads/pictures/8da6d160b35ef0ba7f7509723e140a40/800.webp"
SCHEMA = """
CREATE TABLE django_migrations (id serial PRIMARY KEY, app text, name text);
INSERT INTO django_migrations (app, name) VALUES ('stock', '0001_initial');
CREATE TABLE orders (id serial PRIMARY KEY, code text UNIQUE CHECK (code <> ''));
INSERT INTO orders (code) VALUES ('A1'), ('Žár');
"""


@pytest.fixture(scope="module")
def olgas(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """It does not run; its backup starts its server for a moment."""
    made = installation(tmp_path_factory.mktemp("olgas") / "data")
    make(made)
    return made


@pytest.fixture(scope="module")
def saved(olgas: Installation) -> Path:
    file = olgas.root.with_name("saved.fairgate")
    backup(olgas, file)
    return file


@pytest.fixture
def changed(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(saved, tmp_path / "changed.fairgate"))


def make(made: Installation) -> None:
    made.create_folders()
    with database.own(made) as server:
        database.ask(database.programs(), server.url, SCHEMA)
    (made.mail / "1.eml").write_text("Dear Ben")
    (made.root / PICTURE).parent.mkdir(parents=True)
    (made.root / PICTURE).write_bytes(os.urandom(100_000))
    (made.logs / "web-1.log").touch()


def orders(found: Installation) -> list[str]:
    with database.of(found) as url:
        return database.ask(database.programs(), url, "SELECT code FROM orders ORDER BY id")


def told(call: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a refusal."""
    assert (call.returncode, call.stdout, call.stderr.count("\n")) == (2, "", 1), call
    return call.stderr


def test_all_comes_back(olgas: Installation, saved: Path, tmp_path: Path) -> None:
    back = installation(tmp_path / "back")

    manifest = restore(back, saved)

    with database.of(back) as url:
        added = database.ask(database.programs(), url, "INSERT INTO orders (code) VALUES ('B2') RETURNING id, code")
        codes = database.ask(database.programs(), url, "SELECT code FROM orders ORDER BY id")
    assert (codes, added) == (["A1", "Žár", "B2"], ["3|B2"])
    assert manifest.taken_at.endswith("Z")
    for name in ("mail/1.eml", PICTURE, "secrets/secret_key", "secrets/database_password"):
        assert (back.root / name).read_bytes() == (olgas.root / name).read_bytes()
        assert stat.S_IMODE((back.root / name).stat().st_mode) == 0o600
    assert sorted(path.name for path in back.root.iterdir()) == sorted(path.name for path in olgas.root.iterdir())
    assert not (back.logs / "web-1.log").exists()


def test_when_it_was_saved_is_remembered(olgas: Installation, saved: Path, tmp_path: Path) -> None:
    assert last(olgas) == datetime.fromisoformat(read_manifest(saved).taken_at)
    assert last(installation(tmp_path)) is None


def test_what_is_saved_is_for_its_owner_alone(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert [path.name for path in saved.parent.iterdir() if path.suffix == ".part"] == []


def test_a_folder_that_is_not_empty_is_refused(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/mine").touch()

    refusal = told(fairgate("restore", str(saved), "--data", str(tmp_path / "data")))

    assert "not empty (mine is there)" in refusal
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["mine"]


def test_an_empty_folder_is_filled_in_place(saved: Path, tmp_path: Path) -> None:
    """A volume, which has a place for lost files and cannot be renamed; and what a killed attempt left."""
    (tmp_path / "lost+found").mkdir()
    (tmp_path / RESTORING / "postgres").mkdir(parents=True)
    (tmp_path / RESTORING / "postgres/half").touch()

    restore(installation(tmp_path), saved)

    assert orders(installation(tmp_path)) == ["A1", "Žár"]
    assert not (tmp_path / RESTORING).exists()


def cut_off(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 20)


def change_a_byte(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        entry = archive.getinfo("database.dump")
    with file.open("r+b") as opened:
        opened.seek(entry.header_offset + 2000)
        byte = opened.read(1)
        opened.seek(-1, os.SEEK_CUR)
        opened.write(bytes([byte[0] ^ 1]))


def leave_out_the_dump(file: Path) -> None:
    rewrite(file, {"database.dump": None})


def be_something_else(file: Path) -> None:
    file.write_text("no backup")


def be_another_zip(file: Path) -> None:
    rewrite(file, {"backup.json": None})


def be_of_a_later_format(file: Path) -> None:
    rewrite(file, {"backup.json": b'{"format": 2, "sealed": true}'})


def know_a_later_migration(file: Path) -> None:
    rewrite(file, {"backup.json": b'{"format": 1, "taken_at": "", "postgres": 18, "migrations": ["stock.0999_a"]}'})


def be_of_a_later_postgres(file: Path) -> None:
    rewrite(file, {"backup.json": b'{"format": 1, "taken_at": "", "postgres": 99, "migrations": []}'})


def hold_no_real_dump(file: Path) -> None:
    """Whole, but the database refuses it: what was begun is taken away again."""
    rewrite(file, {"database.dump": b"PGDMP no more"})


def lead_outside(file: Path) -> None:
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("files/../../outside", "by Mallory")


def rewrite(file: Path, changes: dict[str, bytes | None]) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            if content is not None:
                archive.writestr(name, content)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (cut_off, "broken or cut off"),
        (change_a_byte, "broken: database.dump is not what was saved"),
        (leave_out_the_dump, "broken: database.dump"),
        (be_something_else, "no backup by `fairgate backup`"),
        (be_another_zip, "no backup by `fairgate backup`"),
        (be_of_a_later_format, "newer Fairgate"),
        (know_a_later_migration, r"newer Fairgate \(stock.0999_a"),
        (be_of_a_later_postgres, "written by PostgreSQL 99"),
        (hold_no_real_dump, "The database refuses"),
        (lead_outside, "outside of its folder"),
        (Path.unlink, "No such file"),
    ],
)
def test_nothing_is_made_of_a_file_that_cannot_be_right(changed: Path, change: object, reason: str) -> None:
    change(changed)  # type: ignore[operator]

    with pytest.raises(CannotStart, match=reason):
        restore(installation(changed.parent / "back"), changed)

    assert [path for path in changed.parent.iterdir() if path != changed] == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("saved.fairgate", "there already"),
        ("data/saved", "lies in the folder"),
        ("nowhere/saved", "no folder"),
    ],
)
def test_a_backup_is_refused_a_bad_place(olgas: Installation, saved: Path, place: str, reason: str) -> None:
    assert reason in told(fairgate("backup", str(olgas.root.parent / place), "--data", str(olgas.root)))


def test_no_backup_of_nothing(tmp_path: Path) -> None:
    assert "There is no Fairgate" in told(fairgate("backup", str(tmp_path / "saved"), "--data", str(tmp_path / "none")))


def with_a_full_disk(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """For this process, which may not write a larger file."""
    return subprocess.run(
        [sys.executable, "-m", "fairgate", *map(str, words)],
        env=clean_environment() | environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY)),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_full_disk_leaves_no_half_backup(olgas: Installation, tmp_path: Path) -> None:
    with database.of(olgas) as url:
        refusal = told(with_a_full_disk("backup", tmp_path / "saved", "--data", olgas.root, FAIRGATE_DATABASE_URL=url))

    assert "Nothing was saved" in refusal
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_half_installation(saved: Path, tmp_path: Path) -> None:
    refusal = told(with_a_full_disk("restore", saved, "--data", tmp_path / "back"))

    assert "Nothing was restored" in refusal
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[str]:
    """A server of the operator's, empty."""
    theirs = installation(tmp_path / "theirs")
    theirs.create_folders()
    with database.own(theirs) as server:
        yield server.url


def test_a_database_elsewhere_is_filled_once(saved: Path, tmp_path: Path, foreign: str) -> None:
    first = fairgate("restore", str(saved), "--data", str(tmp_path / "first"), FAIRGATE_DATABASE_URL=foreign)
    again = fairgate("restore", str(saved), "--data", str(tmp_path / "again"), FAIRGATE_DATABASE_URL=foreign)

    assert first.returncode == 0, first.stderr
    assert database.ask(database.programs(), foreign, "SELECT code FROM orders") == ["A1", "Žár"]
    assert (tmp_path / "first/mail/1.eml").read_text() == "Dear Ben"
    assert "not empty" in told(again)
    assert not (tmp_path / "again").exists()


@pytest.mark.skipif(OLDER is None, reason="no second PostgreSQL here; apt-get install postgresql")
def test_an_older_postgres_is_carried_into_a_newer_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older, newer = installation(tmp_path / "older"), installation(tmp_path / "newer")
    with monkeypatch.context() as settings:
        settings.setenv("FAIRGATE_POSTGRES_BIN", str(OLDER))
        make(older)
        backup(older, tmp_path / "saved")

    restore(newer, tmp_path / "saved")

    assert orders(newer) == ["A1", "Žár"]
    versions = [int((one.postgres / "PG_VERSION").read_text()) for one in (older, newer)]
    assert versions[0] < versions[1]
