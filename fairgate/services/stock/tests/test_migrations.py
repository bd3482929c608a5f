"""A stock process sells with the functions it was written for, or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import psycopg
import pytest

from fairgate.lib import env
from fairgate.runtime.tests.asking import ask
from fairgate.services.stock.migrations import difference, known
from fairgate.testing.waiting import free_port, wait_until

HOLDS = "/api/v1/shop/riverside/none/holds"
LATE = "fairgate_late"


class Stock:
    """`fairgate run stock`, as its own process."""

    def __init__(self, database_url: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fairgate", "run", "stock", "--listen", f"127.0.0.1:{self.port}"],
            env={**os.environ, "FAIRGATE_DATABASE_URL": database_url},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )

    def said(self) -> tuple[int, list[str]]:
        """Its exit code and what it said to the operator; its log is lines of JSON."""
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, [line for line in errors.splitlines() if not line.startswith("{")]

    def stand_still_while_its_worker_ends(self) -> None:
        assert self.process.stderr
        while self.process.stderr.readline().startswith("{"):
            pass
        self.process.send_signal(signal.SIGSTOP)
        children = psutil.Process(self.process.pid).children()
        wait_until(lambda: all(has_ended(child) for child in children))
        self.process.send_signal(signal.SIGCONT)

    def status(self, path: str = "/health/ready", method: str = "GET", body: bytes | None = None) -> int:
        try:
            return ask(self.port, path, method, body, Idempotency_Key="k" * 16).status
        except OSError:
            return 0

    def status_of_hold(self) -> int:
        return self.status(HOLDS, "POST", b'{"items": [{"ticket_type": 1, "quantity": 1}]}')


def has_ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def start() -> Iterator[Callable[[str], Stock]]:
    started: list[Stock] = []

    def start(database_url: str) -> Stock:
        started.append(Stock(database_url))
        return started[-1]

    yield start
    for stock in started:
        stock.process.kill()
        stock.process.communicate()


@pytest.fixture
def late() -> Iterator[str]:
    """The address of a database that is not there yet."""
    url = env.settings().database_url
    yield url.rpartition("/")[0] + f"/{LATE}"
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE IF EXISTS {LATE} WITH (FORCE)")


def create(database_url: str, applied: list[str]) -> None:
    """Filled in one go, as a database that comes back is."""
    with psycopg.connect(env.settings().database_url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {LATE}_being_made")
        with psycopg.connect(f"{database_url}_being_made") as making:
            making.execute("CREATE TABLE django_migrations (app text, name text)")
            making.cursor().executemany("INSERT INTO django_migrations VALUES ('stock', %s)", [(n,) for n in applied])
        conn.execute(f"ALTER DATABASE {LATE}_being_made RENAME TO {LATE}")


def test_the_same_migrations_are_right() -> None:
    assert difference(["0001_initial"], ["0001_initial"]) is None


def test_this_checkout_knows_its_own() -> None:
    assert {"0001_initial", "0002_functions"} <= {*known()}


def test_it_starts_and_sells_when_all_fits(settings_here: env.Settings, start: Callable[[str], Stock]) -> None:
    stock = start(settings_here.database_url)

    wait_until(lambda: stock.status() == 200)

    assert stock.status_of_hold() == 404


def test_a_missing_migration_is_refused(late: str, start: Callable[[str], Stock]) -> None:
    create(late, sorted(known())[:-1])

    code, (sentence,) = start(late).said()

    assert code == 2
    assert sentence == (
        f"fairgate: The database lacks the migration stock.{max(known())}; run `fairgate manage migrate`"
        " (`fairgate up` does it at its start) and start this process again."
    )


def test_it_is_a_refusal_also_when_the_worker_has_ended_before_its_server_looks(
    late: str, start: Callable[[str], Stock]
) -> None:
    create(late, sorted(known())[:-1])
    stock = start(late)

    stock.stand_still_while_its_worker_ends()
    code, _ = stock.said()

    assert code == 2


def test_a_newer_migration_is_refused(late: str, start: Callable[[str], Stock]) -> None:
    create(late, [*known(), "9999_of_tomorrow"])

    code, (sentence,) = start(late).said()

    assert code == 2
    assert sentence == (
        "fairgate: The database has the migration stock.9999_of_tomorrow, which this version of Fairgate does not"
        " know; start the version that made it."
    )


def test_without_database_it_starts_and_is_busy_until_there_is_one(late: str, start: Callable[[str], Stock]) -> None:
    stock = start(late)
    wait_until(lambda: stock.status() == 200)
    before = stock.status_of_hold()

    create(late, known())
    # This database has nothing but the list of migrations, so a request that gets through fails.
    wait_until(lambda: stock.status_of_hold() == 500)

    assert before == 503
    assert stock.status() == 200


def test_a_wrong_database_that_comes_late_ends_it(late: str, start: Callable[[str], Stock]) -> None:
    stock = start(late)
    wait_until(lambda: stock.status() == 200)

    create(late, [])
    code, (sentence,) = stock.said()

    assert code == 2
    assert sentence.startswith("fairgate: The database lacks the migration stock.")
