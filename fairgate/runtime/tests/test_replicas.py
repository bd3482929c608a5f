"""`fairgate up --replicas 1 --synchronous`: the standby is one more process, started, watched and ended."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fairgate.runtime.installation import installation
from fairgate.runtime.tests.running import FEW, Running, is_alive
from fairgate.runtime.tests.test_refusals import assert_refused, up
from fairgate.runtime.up import _as_arguments
from fairgate.runtime.wish import Wish
from fairgate.testing.waiting import wait_until


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """In a folder whose first start was without."""
    data = tmp_path_factory.mktemp("replicated") / "data"
    Running(data, *FEW).start().stop()
    with_standby = Running(data, "--replicas", "1", "--synchronous").start()
    yield with_standby
    with_standby.stop()


def standby_follows(running: Running) -> bool:
    return running.databases()[1]["synchronous"] is True


def test_status_tells_primary_and_standby(replicated: Running) -> None:
    ports = {name: process["port"] for name, process in replicated.status().items()}
    wait_until(lambda: replicated.databases()[1]["lag_bytes"] == 0)

    assert replicated.is_well()
    assert replicated.databases() == [
        {
            "role": "primary",
            "url": f"postgresql://fairgate@127.0.0.1:{ports['postgres-1']}/fairgate",
            "lag_bytes": 0,
            "synchronous": True,
        },
        {
            "role": "standby",
            "url": f"postgresql://fairgate@127.0.0.1:{ports['standby-1']}/fairgate",
            "lag_bytes": 0,
            "synchronous": True,
        },
    ]
    assert f"127.0.0.1:{ports['standby-1']}/fairgate 0 bytes behind, synchronous" in replicated.command("status").stdout


def test_a_standby_that_dies_is_started_again_and_follows(replicated: Running) -> None:
    before = replicated.status()["standby-1"]
    os.kill(before["pid"], signal.SIGKILL)

    wait_until(lambda: replicated.status()["standby-1"]["restarts"] > before["restarts"])
    wait_until(replicated.is_well)

    assert standby_follows(replicated)


def test_a_primary_that_dies_is_followed_again(replicated: Running) -> None:
    before = replicated.status()["postgres-1"]
    os.kill(before["pid"], signal.SIGKILL)

    wait_until(lambda: replicated.status()["postgres-1"]["restarts"] > before["restarts"])
    wait_until(replicated.is_well)

    assert standby_follows(replicated)


def test_nobody_else_reads_the_password_of_replication(replicated: Running) -> None:
    secret = (replicated.data / "secrets/database_replication_password").read_text().strip()
    lines = "".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in replicated.pids())
    logs = "".join(path.read_text() for path in (replicated.data / "logs").iterdir())
    settings = "".join(path.read_text() for path in (replicated.data / "standby-1").glob("*.conf"))

    assert (replicated.data / "standby-1").stat().st_mode & 0o777 == 0o700
    assert [where for where in (lines, logs, settings) if secret in where] == []


def test_replicas_end_with_the_supervisor_and_without_the_flag(replicated: Running) -> None:
    """The last of these tests: it ends what they share."""
    pids = replicated.pids()
    replicated.supervisor.kill()
    replicated.supervisor.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in pids))

    without = Running(replicated.data, *FEW).start()
    found, processes = without.databases(), without.status()
    settings = json.loads((without.data / "run/environment").read_text())
    with psycopg.connect(settings["FAIRGATE_DATABASE_URL"]) as db:
        slots = db.execute("SELECT slot_name FROM pg_replication_slots").fetchall()
    without.stop()

    assert slots == []
    assert [(database["role"], database["synchronous"]) for database in found] == [("primary", False)]
    assert "standby-1" not in processes


def test_the_detached_supervisor_is_asked_for_the_same(tmp_path: Path) -> None:
    words = _as_arguments(installation(tmp_path), Wish(replicas=2, synchronous=True))

    assert words[-3:] == ["--replicas", "2", "--synchronous"]


def test_synchronous_needs_a_replica(tmp_path: Path) -> None:
    assert_refused(up(tmp_path, "--synchronous"), "--synchronous", "--replicas")


def test_too_many_replicas(tmp_path: Path) -> None:
    assert_refused(up(tmp_path, "--replicas", "9"), "--replicas 9", "0 to 8")


def test_replicas_of_somebody_elses_server(tmp_path: Path) -> None:
    url = "postgresql://fairgate:secret@127.0.0.1:1/fairgate"

    asked = up(tmp_path, "--replicas", "1", FAIRGATE_DATABASE_URL=url)

    assert_refused(asked, "--replicas", "FAIRGATE_DATABASE_URL")
