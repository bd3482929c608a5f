"""PostgreSQL as ours: who runs it, and what a crash may leave in its way."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairgate.runtime import binaries, spawn
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import installation
from fairgate.runtime.postgres import Postgres
from fairgate.testing.waiting import free_port, wait_until


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that any user may walk through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def make(folder: Path) -> Postgres:
    made = installation(folder)
    made.create_folders()
    # A password that an operator chose may hold anything.
    return Postgres(made, binaries.postgres_folder(os.environ), free_port(), "it's a \\ p@ss/word", "adm'in")


def starts(postgres: Postgres) -> bool:
    postgres.prepare()
    child = postgres.launch()
    try:
        wait_until(lambda: postgres.ask("SELECT current_user") == "fairgate")
    finally:
        child.terminate()
        child.wait(20)
    return True


def test_it_starts_and_is_durable(tmp_path: Path) -> None:
    postgres = make(tmp_path)
    postgres.prepare()
    child = postgres.launch()
    wait_until(lambda: postgres.ask("SELECT 1") == "1")

    settings = [
        postgres.ask(f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
    ]
    is_superuser = postgres.ask("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    sorted_words = postgres.ask(
        "SELECT string_agg(upper(w), ' ' ORDER BY w) FROM (VALUES ('žár'), ('öl')) AS words (w)"
    )
    child.terminate()
    child.wait(20)

    assert settings == ["on"] * 4
    assert is_superuser == "f"
    assert sorted_words == "ÖL ŽÁR"


@pytest.mark.parametrize("lock", ["", "not a number\n", "999999999\n/elsewhere\n", "{pid}\n/elsewhere\n", "-{pid}\n"])
def test_a_lock_left_by_a_crash_is_removed(tmp_path: Path, lock: str) -> None:
    postgres = make(tmp_path)
    postgres.prepare()
    (postgres.data / "postmaster.pid").write_text(lock.format(pid=os.getpid()))

    assert starts(postgres)


def test_a_first_start_that_was_interrupted_is_begun_anew(tmp_path: Path) -> None:
    postgres = make(tmp_path)
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    assert starts(postgres)
    assert not half.exists()


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    """A volume that was mounted for it."""
    (tmp_path / "postgres").mkdir()

    assert starts(make(tmp_path))


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    postgres = make(tmp_path)
    postgres.prepare()

    assert stat.S_IMODE(postgres.data.stat().st_mode) == 0o700


if os.geteuid() == 0:

    def test_root_without_namespaces_becomes_another_user(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(spawn, "can_mask", lambda: False)
        postgres = make(open_folder)
        if not spawn.can_reach(postgres.identity(), postgres.binaries / "postgres"):
            return  # The checkout lies in a private home; the next test is about that.

        assert starts(postgres)
        assert postgres.data.stat().st_uid != 0
        monkeypatch.undo()
        assert postgres.identity().uid == postgres.data.stat().st_uid

    def test_root_without_namespaces_and_with_a_private_folder_is_told(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(spawn, "can_mask", lambda: False)
        tmp_path.chmod(0o700)

        with pytest.raises(CannotStart, match="ordinary user"):
            make(tmp_path / "data").prepare()
