"""How soon `fairgate doctor` names a fault that somebody planted, and how long it looks.

    python bench/doctor.py                 an installation of its own with demo data and a standby
    python bench/doctor.py --markdown

Each fault is planted while visitors ask for pages; then the command is called again and again until what it names
first is the fault. `after s` counts from the planting, the command's own time included.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPException

import installation
import psycopg
import report
from installation import FAIRGATE, Target

HEAD = ("fault", "named first", "after s", "command s")
GOAL_S = 120
ROWS = 2_000_000
WAL_MB = 32
VISITORS = 4
PAGES = ("/riverside/rush/", "/console/", "/accounts/login/", "/fita/")

Connection = psycopg.Connection[tuple[object, ...]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--markdown", action="store_true")
    options = arguments.parse_args()
    with installation.own() as target:
        target.up("--demo", "--replicas", "1")
        with visitors(target):
            rows = [_measure(target, *fault) for fault in FAULTS]
    print(report.machine())
    print((report.markdown if options.markdown else report.table)(HEAD, rows))
    late = [row for row in rows if float(str(row[2])) > GOAL_S]
    raise SystemExit(1 if late else 0)


Fault = tuple[str, tuple[str, ...], Callable[[Target], AbstractContextManager[None]]]
Row = tuple[str, str, float, float]


def _measure(
    target: Target, name: str, expected: tuple[str, ...], plant: Callable[..., AbstractContextManager[None]]
) -> Row:
    with plant(target):
        planted = time.monotonic()
        while True:
            began = time.monotonic()
            first = _ask(target)
            now = time.monotonic()
            if first in expected or (not expected and not first) or now - planted > GOAL_S:
                return name, first or "all is well", now - planted, now - began


def _ask(target: Target) -> str:
    done = subprocess.run(
        [*FAIRGATE, "doctor", "--data", target.data, "--json"], capture_output=True, check=False, timeout=60
    )
    said = json.loads(done.stdout)
    return next((found["id"] for found in said["findings"] if found["urgency"] != "advice"), "")


@contextmanager
def nothing(_target: Target) -> Iterator[None]:
    yield


@contextmanager
def slow_query(target: Target) -> Iterator[None]:
    """A large table without the index that a statement wants."""
    with _connect(target) as connection:
        connection.execute("CREATE UNLOGGED TABLE crowd (id int, email text)")
        connection.execute("INSERT INTO crowd SELECT n, md5(n::text) FROM generate_series(1, %s) n", [ROWS])
        connection.execute("ANALYZE crowd")
        with _doing(target, _look_for_someone):
            yield
        connection.execute("DROP TABLE crowd")


def _look_for_someone(connection: Connection) -> None:
    connection.execute("SELECT * FROM crowd WHERE email = %s", ["ben@example.org"])


@contextmanager
def stalled_worker(target: Target) -> Iterator[None]:
    (pid,) = target.pids()["worker"]
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGCONT)


@contextmanager
def paused_replica(target: Target) -> Iterator[None]:
    with _connect_to_standby(target) as standby:
        standby.execute("SELECT pg_wal_replay_pause()")
        _write(target)
        yield
        standby.execute("SELECT pg_wal_replay_resume()")


@contextmanager
def lagging_replica(target: Target) -> Iterator[None]:
    """Somebody reads there what is tidied up here, so the replay waits."""
    with _connect(target) as primary, _connect_to_standby(target) as standby:
        primary.execute("CREATE TABLE tidy AS SELECT n FROM generate_series(1, 100000) n")
        time.sleep(1)
        standby.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        standby.execute("SELECT count(*) FROM tidy")
        primary.execute("DELETE FROM tidy")
        primary.execute("VACUUM tidy")
        _write(target)
        yield
        with contextlib.suppress(psycopg.Error):
            standby.execute("ROLLBACK")
        primary.execute("DROP TABLE tidy")


@contextmanager
def full_database(target: Target) -> Iterator[None]:
    held: list[Connection] = []
    with contextlib.suppress(psycopg.OperationalError):
        while True:
            held.append(_connect(target))
    yield
    for connection in held:
        connection.close()


@contextmanager
def full_pool(target: Target) -> Iterator[None]:
    """All that web works on waits for one who has locked what its pages read."""
    with _connect(target) as connection, connection.transaction():
        connection.execute("LOCK TABLE events_event, django_session")
        yield


FAULTS: tuple[Fault, ...] = (
    ("none", (), nothing),
    ("slow query", ("missing-index", "slow-statement"), slow_query),
    ("stalled worker", ("process-stopped",), stalled_worker),
    ("replica that is paused", ("replica-paused",), paused_replica),
    ("replica that lags", ("replica-lags",), lagging_replica),
    ("full pool: a lock", ("lock-waits",), full_pool),
    ("full pool: no connection left", ("connections-full",), full_database),
)


@contextmanager
def visitors(target: Target) -> Iterator[None]:
    is_over = threading.Event()

    def visit() -> None:
        while not is_over.is_set():
            with contextlib.suppress(HTTPException, OSError):
                connection = HTTPConnection("127.0.0.1", target.port, timeout=30)
                for page in PAGES:
                    connection.request("GET", page)
                    connection.getresponse().read()
                    is_over.wait(0.2)
                connection.close()

    threads = [threading.Thread(target=visit) for _ in range(VISITORS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


@contextmanager
def _doing(target: Target, work: Callable[[Connection], None]) -> Iterator[None]:
    is_over = threading.Event()

    def run() -> None:
        with _connect(target) as connection:
            while not is_over.is_set():
                work(connection)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _write(target: Target) -> None:
    with _connect(target) as connection:
        for _ in range(WAL_MB):
            connection.execute("SELECT pg_logical_emit_message(true, 'bench', repeat(md5(random()::text), 32768))")


def _connect(target: Target) -> Connection:
    return psycopg.connect(target.database_url(), autocommit=True)


def _connect_to_standby(target: Target) -> Connection:
    port = next(one["port"] for one in target.status()["processes"] if one["name"] == "standby")
    return psycopg.connect(
        f"postgresql://postgres:{target.admin_password()}@127.0.0.1:{port}/fairgate", autocommit=True
    )


if __name__ == "__main__":
    main()
