"""`fairgate failover`, and the same by itself: another database becomes the primary, and never two are."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from fairgate.runtime.errors import CannotStart
from fairgate.runtime.postgres import Postgres
from fairgate.runtime.standby import Standby
from fairgate.runtime.tests.running import FEW, Running
from fairgate.testing.pair import Pair
from fairgate.testing.waiting import wait_until

RETRY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction)


class Writer:
    """Writes numbers through the address that every process of the installation has, and notes what was answered."""

    def __init__(self, running: Running) -> None:
        self.url = json.loads((running.data / "run/environment").read_text())["FAIRGATE_DATABASE_URL"]
        self.answered: set[int] = set()
        self._stop = threading.Event()
        with psycopg.connect(self.url, autocommit=True) as db:
            db.execute("CREATE TABLE IF NOT EXISTS number (number int PRIMARY KEY)")
            self._next = db.execute("SELECT coalesce(max(number), 0) + 1 FROM number").fetchone()[0]  # type: ignore[index]
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Writer:
        self._thread.start()
        self.wait_for_more()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._stop.is_set():
            with suppress(*RETRY), psycopg.connect(self.url, autocommit=True, connect_timeout=2) as db:
                while not self._stop.is_set():
                    self._next += 1
                    db.execute("INSERT INTO number VALUES (%s)", (self._next,))
                    self.answered.add(self._next)

    def wait_for_more(self) -> None:
        wanted = len(self.answered) + 50
        wait_until(lambda: len(self.answered) >= wanted, why="nothing is written any more")

    def lost(self) -> set[int]:
        with psycopg.connect(self.url) as db:
            return self.answered - {number for (number,) in db.execute("SELECT number FROM number")}


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("replicated")
    running = Running(folder / "data", "--replicas", "1", "--synchronous", "--archive", str(folder / "archive")).start()
    yield running
    running.stop()


def primary(running: Running) -> str:
    """The name of its process."""
    port = int(running.databases()[0]["url"].rpartition(":")[2].partition("/")[0])
    (name,) = (name for name, it in running.status().items() if it["port"] == port and it["name"] != "archive")
    return name


def follows(running: Running) -> bool:
    (_, *standbys) = running.databases()
    return bool(standbys) and all(standby["synchronous"] for standby in standbys)


def chapters(running: Running) -> int:
    return len([*(running.data.parent / "archive").glob("*Z")])


def test_by_an_operator_and_back(replicated: Running) -> None:
    assert primary(replicated) == "postgres-1"
    wait_until(lambda: chapters(replicated) == 1)

    with Writer(replicated) as writer:
        there = replicated.command("failover")
        writer.wait_for_more()
        assert (there.returncode, primary(replicated), follows(replicated)) == (0, "standby-1", True), there.stderr
        assert there.stdout == "standby-1 is the primary now, and the others follow it.\n"
        # A copy of a primary that goes again before it is whole is no chapter.
        wait_until(lambda: chapters(replicated) == 2, why="the archive did not follow the first failover")

        back = replicated.command("failover")
        writer.wait_for_more()
        assert (back.returncode, primary(replicated), follows(replicated)) == (0, "postgres-1", True), back.stderr

    assert writer.lost() == set()
    # Neither had anything that the other lacked, and nothing was copied or set aside.
    assert "pg_rewind: no rewind required" in (replicated.data / "logs/standby-1.log").read_text()
    assert [*replicated.data.glob("*.aside-*")] == []
    wait_until(lambda: chapters(replicated) == 3, why="the archive did not move on")
    wait_until(replicated.is_well)
    assert replicated.command("audit").returncode == 0


def test_one_that_is_killed_and_comes_back_stays_the_primary(replicated: Running) -> None:
    before = replicated.status()["postgres-1"]
    os.kill(before["pid"], signal.SIGKILL)

    wait_until(lambda: replicated.status()["postgres-1"]["restarts"] > before["restarts"])
    wait_until(lambda: replicated.is_well() and follows(replicated))

    assert primary(replicated) == "postgres-1"


@contextmanager
def kept_from_coming_back(running: Running, name: str) -> Iterator[None]:
    """Killed, and its port taken before it is started again."""
    port = running.status()[name]["port"]
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        def take() -> bool:
            with suppress(OSError, KeyError, TypeError, ProcessLookupError):
                os.kill(running.status()[name]["pid"], signal.SIGKILL)
            for _ in range(100):
                with suppress(OSError):
                    holder.bind(("127.0.0.1", port))
                    # Whoever connects is refused at once, and whoever wants the port does not get it.
                    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
                    return True
            return False

        wait_until(take)
        yield


def test_one_that_does_not_come_back_is_replaced_and_brought_back(replicated: Running) -> None:
    with Writer(replicated) as writer:
        with kept_from_coming_back(replicated, "postgres-1"):
            wait_until(lambda: primary(replicated) == "standby-1")
            writer.wait_for_more()
        wait_until(lambda: follows(replicated), why="the old one does not follow")
        writer.wait_for_more()

    assert writer.lost() == set()
    # It had been killed in the middle of its work: back to where they parted, and not copied.
    assert "pg_rewind: Done!" in (replicated.data / "logs/postgres.log").read_text()
    assert [*replicated.data.glob("*.aside-*")] == []
    assert replicated.command("audit").returncode == 0


def test_one_whose_folder_is_lost_is_replaced_and_copied(replicated: Running) -> None:
    with Writer(replicated) as writer:
        (replicated.data / "standby-1").rename(replicated.data.parent / "lost")
        os.kill(replicated.status()["standby-1"]["pid"], signal.SIGKILL)

        wait_until(lambda: primary(replicated) == "postgres-1")
        wait_until(lambda: follows(replicated), why="the old one does not follow")
        writer.wait_for_more()

    assert writer.lost() == set()


def test_roles_outlast_the_supervisor(replicated: Running) -> None:
    """What the old one would do alone must not happen."""
    assert replicated.command("failover").returncode == 0
    replicated.supervisor.kill()
    replicated.supervisor.wait()

    again = Running(replicated.data, *replicated.options, *FEW).start()
    found, is_synchronous = primary(again), follows(again)
    again.stop()

    assert (found, is_synchronous) == ("standby-1", True)


def test_without_standbys_there_is_none_to_promote(replicated: Running) -> None:
    """After the last test `standby-1` is the primary; it stays that also where the old one's folder is gone."""
    shutil.rmtree(replicated.data / "postgres")
    alone = Running(replicated.data, *FEW).start()

    found = primary(alone), len(alone.databases()), (replicated.data / "postgres").exists()
    refused = alone.command("failover")
    alone.stop()

    assert found == ("standby-1", 1, False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "There is no standby that could take over" in refused.stderr


def test_a_primary_that_is_gone_is_not_made_anew(replicated: Running) -> None:
    """The last of these tests: the record names a folder that is not there."""
    (replicated.data / "standby-1").rename(replicated.data.parent / "lost-2")

    refused = replicated.command("up")

    assert (refused.returncode, "standby-1, which" in refused.stderr) == (2, True), refused.stderr
    assert not (replicated.data / "standby-1").exists()


def test_one_that_died_while_it_was_promoted_is_a_primary_at_its_next_start() -> None:
    with Pair() as pair:
        pair.primary.ask("CREATE TABLE word (word text)")
        pair.kill_primary()
        pair.kill_standby()
        half = pair.standby
        passwords = (half.password, half.admin_password, half.replication_password)
        promoted = Postgres(half.installation, half.binaries, half.port, *passwords, half.name)

        child = promoted.launch()
        try:
            wait_until(lambda: promoted.ask("SELECT pg_is_in_recovery()") == "f")
            told = promoted.ask("SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8), to_regclass('word')")
        finally:
            child.terminate()
            child.wait(20)

        assert told == "00000002|word"


def test_a_folder_that_was_the_primarys_is_never_started_as_a_standby() -> None:
    with Pair() as pair:
        former = Standby.named(pair.primary.name, pair.standby, pair.primary.port)

        with pytest.raises(CannotStart, match="would be a second primary"):
            former.launch()
