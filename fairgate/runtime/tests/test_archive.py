"""An archive, and the way back to a moment, on an installation that is only PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairgate.runtime import archive, archive_folder
from fairgate.runtime import backup_database as database
from fairgate.runtime.archive_folder import Archive
from fairgate.runtime.archive_restore import LATEST, restore_at
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, installation
from fairgate.runtime.postgres import Postgres
from fairgate.runtime.replication import admit_standbys
from fairgate.runtime.tests.running import clean_environment, fairgate
from fairgate.runtime.up import _as_arguments
from fairgate.runtime.wish import Wish
from fairgate.testing.waiting import wait_until

pytestmark = pytest.mark.usefixtures("nothing_set")


class Site:
    """An installation's database and the program that keeps its archive."""

    def __init__(self, folder: Path) -> None:
        self.installation = installation(folder / "data")
        self.installation.create_folders()
        self.archive = Archive(folder / "archive")
        archive_folder.check(self.archive.root, self.installation)

    def start(self, server: Postgres) -> None:
        self.server = server
        admit_standbys(server)
        server.ask("CREATE TABLE IF NOT EXISTS word (word text)")
        self.start_keeper()

    def start_keeper(self) -> None:
        command = archive.launch_command(self.installation, self.archive.root, self.server)
        self.keeper = subprocess.Popen(command, env=clean_environment(), stdout=subprocess.DEVNULL)
        wait_until(lambda: archive.is_followed(self.server), why="the archive does not follow")

    def stop_keeper(self) -> None:
        self.keeper.terminate()
        self.keeper.wait(20)

    def write(self, word: str) -> None:
        assert self.server.ask(f"INSERT INTO word VALUES ('{word}') RETURNING 1") == "1"

    def wait_until_archived(self) -> None:
        """Until the archive has been sent all that is written by now."""
        (here,) = self.server.ask_as_admin("SELECT pg_current_wal_lsn()")[0]
        sent = f"SELECT write_lsn >= '{here}' FROM pg_stat_replication WHERE application_name = '{archive.NAME}'"
        wait_until(lambda: self.server.ask_as_admin(sent) == [["t"]])


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, dict[str, str]]:
    """Its folder is gone. Words were written, and a moment noted after each."""
    site = Site(tmp_path_factory.mktemp("lost"))
    moments = {"before": datetime.now(UTC).isoformat()}
    (site.installation.mail / "1.eml").write_text("Dear Ben")
    with database.own(site.installation) as server:
        site.start(server)
        for word in ("first", "second", "last"):
            site.write(word)
            moments[word] = server.ask("SELECT clock_timestamp()::text") or ""
            time.sleep(0.01)
        site.wait_until_archived()
        # Ended as by a disaster.
        os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    site.stop_keeper()
    shutil.rmtree(site.installation.root)
    return site, moments


def words(found: Installation) -> list[str]:
    with database.of(found) as url:
        return database.ask(database.programs(), url, "SELECT word FROM word")


@pytest.mark.parametrize(
    ("at", "expected"), [("first", ["first"]), ("second", ["first", "second"]), (LATEST, ["first", "second", "last"])]
)
def test_any_moment_comes_back(lost: tuple[Site, dict[str, str]], tmp_path: Path, at: str, expected: list[str]) -> None:
    site, moments = lost
    back = installation(tmp_path / "back")

    last = restore_at(back, site.archive.root, moments.get(at, at))

    assert words(back) == expected
    assert (back.mail / "1.eml").read_text() == "Dear Ben"
    assert at == LATEST or datetime.fromisoformat(last) <= datetime.fromisoformat(moments[at])


def test_a_moment_that_is_not_covered(lost: tuple[Site, dict[str, str]], tmp_path: Path) -> None:
    site, moments = lost
    back = installation(tmp_path / "back")

    with pytest.raises(CannotStart, match=r"begins at .*; ask for a later time"):
        restore_at(back, site.archive.root, moments["before"])
    with pytest.raises(CannotStart, match=r"goes as far as .*; ask for that time or an earlier one"):
        restore_at(back, site.archive.root, datetime.now(UTC).isoformat())

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("yesterday", "is no time"),
        ("2026-11-22T19:30:00", "time zone"),
        ("2999-01-01T00:00:00+00:00", "in the future"),
    ],
)
def test_a_moment_that_is_none(tmp_path: Path, at: str, reason: str) -> None:
    with pytest.raises(CannotStart, match=reason):
        restore_at(installation(tmp_path / "back"), tmp_path, at)


def test_an_archive_is_for_its_owner_alone(lost: tuple[Site, dict[str, str]]) -> None:
    """Also in a folder that others may look into."""
    site, _ = lost
    inside = {path.name: path.stat().st_mode & 0o777 for path in site.archive.root.iterdir() if path.is_dir()}

    assert (len(inside), set(inside.values())) == (2, {0o700})


def test_a_broken_copy_is_not_restored(lost: tuple[Site, dict[str, str]], tmp_path: Path) -> None:
    site, _ = lost
    shutil.copytree(site.archive.root, tmp_path / "archive")
    (base,) = (tmp_path / "archive").glob("*Z/base/base.tar.gz")
    os.truncate(base, base.stat().st_size - 1000)

    with pytest.raises(CannotStart, match=r"base.tar.gz is broken or cut off"):
        restore_at(installation(tmp_path / "back"), tmp_path / "archive", LATEST)

    assert not (tmp_path / "back").exists()


def test_no_archive_there(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="There is no archive"):
        restore_at(installation(tmp_path / "back"), tmp_path, LATEST)


def test_chapters_follow_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One goes on after a pause, ends when it is a day old, and is forgotten a week after the next began."""
    site = Site(tmp_path)
    with database.own(site.installation) as server:
        site.start(server)
        (first,) = site.archive.chapters()
        site.stop_keeper()
        site.write("while it was away")

        site.start_keeper()
        site.wait_until_archived()
        assert site.archive.chapters() == [first]

        site.stop_keeper()
        make_older(first.folder, began_at=timedelta(days=1, minutes=1))
        site.start_keeper()
        wait_until(lambda: len(site.archive.chapters()) == 2)
        wait_until(lambda: slots(server) == [site.archive.chapters()[1].slot])
        wait_until(lambda: archive.is_followed(server))

        site.stop_keeper()
        make_older(site.archive.chapters()[1].folder, reached_at=timedelta(days=8))
        site.start_keeper()
        wait_until(lambda: len(site.archive.chapters()) == 1)

        # Nothing keeps its log any more, so what was written meanwhile may be missing: that is a new story.
        site.stop_keeper()
        wait_until(lambda: not archive.is_followed(server))
        archive.drop_slots_except(server)
        site.start_keeper()
        assert len(site.archive.chapters()) == 2
        site.stop_keeper()

        with pytest.raises(CannotStart, match="another database"):
            site.archive.claim(1)

        # While the next is copied, the log goes on to say how far it goes.
        monkeypatch.setattr(archive, "BEAT_S", 0.02)
        before = written(server)
        assert archive.Keeper(server, site.archive)._wait_for(subprocess.Popen(["sleep", "0.3"])) == 0
        assert written(server) != before


def make_older(folder: Path, **ages: timedelta) -> None:
    facts = json.loads((folder / "chapter.json").read_text())
    for name, age in ages.items():
        facts[name] = (datetime.now(UTC) - age).isoformat()
    (folder / "chapter.json").write_text(json.dumps(facts))


def written(server: Postgres) -> list[list[str]]:
    return server.ask_as_admin("SELECT pg_current_wal_insert_lsn()")


def slots(server: Postgres) -> list[str]:
    return [name for (name,) in server.ask_as_admin("SELECT slot_name FROM pg_replication_slots")]


def test_an_archive_is_refused_a_bad_place(tmp_path: Path) -> None:
    made = installation(tmp_path / "data")
    made.create_folders()
    (tmp_path / "file").touch()
    Archive(tmp_path).claim(1)

    for place, reason in {
        made.root / "archive": "would be lost",
        tmp_path / "file": "cannot be made",
        tmp_path / "no/where": "cannot be made",
        tmp_path: "another database",
    }.items():
        with pytest.raises(CannotStart, match=reason):
            archive_folder.check(place, made)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["up", "--archive", "elsewhere"], "--archive follows the PostgreSQL that `fairgate up` runs"),
        (["restore"], "either a FILE by `fairgate backup`, or a time with --at"),
        (["restore", "saved", "--at", LATEST], "either a FILE by `fairgate backup`, or a time with --at"),
        (["restore", "--at", LATEST], "where the archive is with --archive"),
        (["restore", "--at", LATEST, "--archive", "nowhere"], "There is no archive in nowhere"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(tmp_path: Path, words: list[str], reason: str) -> None:
    url = {"FAIRGATE_DATABASE_URL": "postgresql://fairgate:secret@127.0.0.1:1/fairgate"} if words[0] == "up" else {}

    asked = fairgate(*words, "--data", str(tmp_path / "data"), **url)

    assert (asked.returncode, asked.stderr.count("\n"), reason in asked.stderr) == (2, 1, True), asked.stderr


def test_the_detached_supervisor_is_asked_for_the_same(tmp_path: Path) -> None:
    words = _as_arguments(installation(tmp_path), Wish(archive=tmp_path / "archive"))

    assert words[-2:] == ["--archive", str(tmp_path / "archive")]


def test_the_program_is_run_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    command = [sys.executable, "-m", "fairgate.runtime.archive", str(site.installation.root), str(site.archive.root)]
    lock = os.open(site.archive.root / "lock", os.O_RDWR | os.O_CREAT)
    archive.fcntl.flock(lock, archive.fcntl.LOCK_EX)

    second = subprocess.run([*command, "1", "postgres"], capture_output=True, text=True, check=False)
    os.close(lock)

    assert (second.returncode, "written to by another" in second.stderr) == (1, True)
