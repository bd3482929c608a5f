"""Faults planted in a running installation: each is what the doctor names first."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event

import psutil
import psycopg
import pytest

from fairgate.doctor.finding import Urgency
from fairgate.doctor.looks import statements
from fairgate.doctor.looks.asking import connect
from fairgate.doctor.rules import judge
from fairgate.doctor.tests.conftest import Connection, Ill, meanwhile
from fairgate.doctor.tests.named import named_first
from fairgate.runtime.connections import of_one
from fairgate.runtime.tests.running import descendants, fairgate
from fairgate.testing.waiting import wait_until

ROWS = 200_000
FIND = "SELECT (SELECT count(*) FROM crowd WHERE email = %(email)s || n) FROM generate_series(1, 2000) n"


@pytest.fixture(scope="module")
def crowd(ill: Ill) -> Iterator[Ill]:
    """A large table without an index, whose log no standby has to follow."""
    with ill.connect() as connection:
        connection.execute("CREATE UNLOGGED TABLE crowd (id int, email text) WITH (autovacuum_enabled = off)")
        connection.execute("INSERT INTO crowd SELECT n, md5(n::text) FROM generate_series(1, %s) n", [ROWS])
        connection.execute("ANALYZE crowd")
        yield ill
        connection.execute("DROP TABLE crowd")


def test_a_well_one_is_told_to_be_well(ill: Ill) -> None:
    told = ill.command("doctor", "--json")

    said = json.loads(told.stdout)
    assert [finding for finding in said["findings"] if finding["urgency"] != "advice"] == []
    assert (told.returncode, said["well"]) == (0, True)
    assert said["looked_at"][0].startswith("11 processes for ")


def test_processes_open_no_more_connections_than_are_counted_for_them(ill: Ill) -> None:
    ours = of_one(ill.glance().settings)

    opened = connections(ill)
    assert {kind for kind, most in ours.items() if opened[f"{kind}-1"] > most} == set()
    # Each of its duties opens its own at its first turn.
    wait_until(lambda: connections(ill)["relay-1"] == ours["relay"])


def connections(ill: Ill) -> Counter[str]:
    sessions = ill.glance().database.sessions
    assert sessions is not None
    return Counter(one.client for one in sessions.all)


def test_nothing_to_look_at_is_wrong_use(ill: Ill) -> None:
    told = fairgate("doctor", "--data", str(ill.data.with_name("nowhere")))

    assert (told.returncode, told.stdout) == (2, "")
    assert "No Fairgate runs in" in told.stderr


def test_a_slow_statement(ill: Ill) -> None:
    with meanwhile(lambda connection: connection.execute("SELECT pg_sleep(60)"), of=ill):
        wait_until(lambda: longest_statement_s(ill) > 1)
        first = named_first("slow-statement", ill.diagnosis())

    assert first.urgency is Urgency.HURTS
    assert first.title == "A statement is slow: SELECT pg_sleep(…)"


def test_a_missing_index(crowd: Ill) -> None:
    with meanwhile(lambda connection: connection.execute(FIND, {"email": "ben@example.org"}), of=crowd):
        wait_until(lambda: longest_statement_s(crowd) > 1)
        found = crowd.diagnosis()
        pids = [one.pid for one in crowd.glance().database.sessions.all if one.state == "active"]  # type: ignore[union-attr]

    first = named_first("missing-index", found)
    assert [one.id for one in found if one.urgency is not Urgency.ADVICE] == ["missing-index"]
    run_by = [line for line in first.evidence if line.startswith("Run by ")]
    assert any(f"(database session {pid})" in run_by[0] for pid in pids)
    assert first.evidence[0] == f"PostgreSQL reads all {ROWS:,} rows of crowd and sorts them out by email."
    assert 'create index concurrently on crowd (email)"' in first.levers[0]
    assert "ben@example.org" not in repr(first)


def test_a_missing_index_that_many_short_statements_miss(crowd: Ill) -> None:
    over = Event()

    def ask_again_and_again(connection: Connection) -> None:
        while not over.is_set():
            connection.execute("SELECT id FROM crowd WHERE email = 'ben@example.org'")

    with meanwhile(ask_again_and_again, of=crowd):
        found = crowd.diagnosis()
        over.set()

    first = named_first("missing-index", found)
    assert first.title.startswith("A statement reads all of crowd, which has no index for it: SELECT id FROM crowd")
    assert "ben@example.org" not in repr(first)


def test_planning_leaves_no_errors_in_the_servers_log(crowd: Ill) -> None:
    """Of a table that is gone, and of parameters whose types nobody knows."""
    log = crowd.place.logs / "postgres.log"
    before = log.read_text()
    with connect(crowd.url) as connection:
        for cannot in (
            "SELECT * FROM gone WHERE id = $1",
            "SELECT generate_series($1, $2)",
            "SELECT 'cut",
            "END $doctor$",
        ):
            assert statements.scans(connection, cannot) == ()
        (scan,) = statements.scans(connection, "SELECT id FROM crowd WHERE email = $1")

    assert (scan.table, scan.columns) == ("crowd", ("email",))
    assert "ERROR" not in log.read_text().removeprefix(before)


def test_a_locked_row(crowd: Ill) -> None:
    with crowd.connect() as holder, holder.transaction():
        holder.execute("UPDATE crowd SET email = '' WHERE id = 1")
        pid = holder.info.backend_pid
        with meanwhile(lambda connection: connection.execute("DELETE FROM crowd WHERE id = 1"), of=crowd):
            wait_until(lambda: longest_statement_s(crowd) > 1.2)
            first = named_first("lock-waits", crowd.diagnosis())

    assert f"pg_terminate_backend({pid})" in first.levers[0]
    assert first.title.endswith(f"(database session {pid}) holds a lock that 1 other waits for")
    assert first.evidence[0].startswith("It does: UPDATE crowd SET email = … WHERE id = … (in a transaction open for ")
    assert first.evidence[1].startswith(f"1 statement waits (1 of python, pid {os.getpid()}), one for ")
    assert first.evidence[1].endswith(": DELETE FROM crowd WHERE id = …")


@pytest.mark.parametrize("whole", [True, False], ids=["all of it", "its child"])
def test_a_stalled_worker(ill: Ill, whole: bool) -> None:
    worker = ill.status()["worker-1"]["pid"]
    child = max(descendants(worker))
    with stopped(worker if whole else child):
        first = named_first("process-stopped", judge(ill.glance()))

    assert first.title.split()[0] == "worker-1"
    assert first.levers[0].startswith(f"kill -CONT {worker if whole else child} ")


def test_effects_that_nobody_takes(ill: Ill) -> None:
    """None is due, so that the relay leaves them alone."""
    with ill.connect() as connection:
        connection.execute(
            "INSERT INTO outbox_message (topic, payload, created_at, due_at)"
            " SELECT 'nothing', '{}', now() - interval '1 hour', now() + interval '1 day' FROM generate_series(1, 7)"
        )
        first = named_first("outbox-old", judge(ill.glance()))
        connection.execute("DELETE FROM outbox_message WHERE topic = 'nothing'")

    assert first.title == "Mail and other effects wait for 60 min"
    assert first.evidence[0].startswith("7 effects that nobody has tried")


def test_a_replica_that_does_not_replay(ill: Ill) -> None:
    with ill.connect_as_admin("standby-1") as standby, ill.connect() as primary:
        standby.execute("SELECT pg_wal_replay_pause()")
        primary.execute("SELECT pg_logical_emit_message(true, 'test', repeat('x', 100000))")
        first = named_first("replica-paused", judge(ill.glance()))
        standby.execute("SELECT pg_wal_replay_resume()")

    assert first.title == "standby-1 is told not to replay: what it shows grows old"
    assert 'select pg_wal_replay_resume()"' in first.levers[0]


def test_a_replica_that_stands_still(ill: Ill) -> None:
    with stopped(ill.status()["standby-1"]["pid"]):
        found = ill.diagnosis()

    assert (found[0].id, found[0].title.split()[0]) == ("process-stopped", "standby-1")
    assert "process-silent" not in {one.id for one in found}


def test_a_full_database(ill: Ill) -> None:
    """Of which the standby is not to blame."""
    with all_connections(ill):
        first = named_first("connections-full", judge(ill.glance()))
        followed = ill.databases()[1]
        with all_connections(ill, lambda: ill.connect_as_admin("postgres-1")):
            asked_of_nobody = ill.command("status").stdout

    assert first.urgency is Urgency.STOPS
    assert first.title == "The database has no connection left"
    assert [lever.split(" # ")[0].strip() for lever in first.levers] == [f"kill {os.getpid()}"]
    assert len(first.evidence) == 1
    assert first.evidence[0].startswith("All 247 connections for applications are taken: ")
    assert followed["lag_bytes"] is not None
    assert "cannot be asked about: no connection is left on the primary" in asked_of_nobody


def test_a_database_that_stands_still(ill: Ill) -> None:
    with stopped(ill.status()["postgres-1"]["pid"]):
        found = ill.diagnosis()

    assert [(one.id, one.urgency) for one in found[:2]] == [
        ("process-stopped", Urgency.STOPS),
        ("database-away", Urgency.STOPS),
    ]
    assert found[0].title.split()[0] == "postgres-1"
    wait_until(ill.is_well)


def longest_statement_s(ill: Ill) -> float:
    with ill.connect() as connection:
        row = connection.execute(
            "SELECT max(extract(epoch FROM clock_timestamp() - query_start)) FROM pg_stat_activity"
            " WHERE state = 'active' AND pid <> pg_backend_pid() AND usename = current_user"
        ).fetchone()
    return float(str(row[0])) if row and row[0] else 0.0


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A busy machine takes its time until the process is told."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def all_connections(ill: Ill, connect: Callable[[], Connection] | None = None) -> Iterator[None]:
    held: list[Connection] = []
    try:
        deadline = time.monotonic() + 30
        with suppress(psycopg.OperationalError):
            while time.monotonic() < deadline:
                held.append((connect or ill.connect)())
        yield
    finally:
        for connection in held:
            connection.close()
