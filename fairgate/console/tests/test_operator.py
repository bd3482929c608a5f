"""The operator's page: who may see it, and that each thing that can be wrong is named."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from fairgate.accounts.models import User
from fairgate.console.findings import findings_of, size
from fairgate.console.operations import Operations, Pool, Replica, Server
from fairgate.console.operator import OPERATIONS, operations
from fairgate.console.recent_errors import Recent
from fairgate.console.supervisor import ProcessNow, processes_of
from fairgate.console.tests.conftest import signed_in
from fairgate.lib import clock, logs
from fairgate.outbox.models import OutboxMessage
from fairgate.runtime import control
from fairgate.runtime.installation import Installation
from fairgate.testing.cast import Concert, buy

PAGE = "/admin/now/"
PART = "/admin/now/part/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("ope@example.org", "a long password")


@pytest.fixture
def well(db: None) -> Operations:
    """An installation that lacks nothing; in tests neither broker nor Valkey answers."""
    return replace(operations(), broker=Server("broker", 1.0, 0), valkey=Server("valkey", 1.0, 1))


def headlines(seen: Operations, pool: Pool | None = None) -> list[str]:
    return [finding.headline for finding in findings_of(seen, pool)]


def test_only_operators_find_it(
    operator: User, olga: User, gail: User, mallory: User, max_manager: User, fay: User
) -> None:
    answers = {user.email: ask(signed_in(user)) for user in (operator, olga, gail, mallory, max_manager, fay)}
    stranger = Client()

    assert answers.pop("ope@example.org") == (200, 200, 405)
    assert set(answers.values()) == {(404, 404, 404)}
    assert stranger.get(PAGE).headers["Location"] == f"/accounts/login/?next={PAGE}"
    assert stranger.get(PART, headers=HTMX).headers["HX-Redirect"] == f"/accounts/login/?next={PAGE}"


def test_an_operator_who_was_sent_away_finds_nothing(operator: User) -> None:
    client = signed_in(operator)
    User.objects.filter(pk=operator.pk).update(is_staff=False)

    assert ask(client) == (404, 404, 404)


def ask(client: Client) -> tuple[int, int, int]:
    got, part, posted = client.get(PAGE), client.get(PART, headers=HTMX), client.post(PAGE)
    return got.status_code, part.status_code, posted.status_code


def test_it_costs_the_same_whatever_waits(
    operator: User, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        buy((concert.free, 1))
    OutboxMessage.objects.filter(pk__gt=OutboxMessage.objects.first().pk).update(parked_at=clock.now())
    client = signed_in(operator)

    # The session and the person. Database, replicas, outbox, what was given up.
    with django_assert_num_queries(6):
        assert client.get(PAGE).status_code == 200


def test_a_well_installation_needs_nothing(well: Operations) -> None:
    assert headlines(well) == ["Nothing needs a hand"]


def test_a_worker_that_stands_still_is_named(concert: Concert, well: Operations) -> None:
    buy((concert.free, 1))
    OutboxMessage.objects.update(created_at=clock.now() - timedelta(minutes=2))
    early = headlines(replace(well, outbox=operations().outbox))
    OutboxMessage.objects.update(created_at=clock.now() - timedelta(minutes=6), attempts=3)
    late = headlines(replace(well, outbox=operations().outbox))

    assert (early, late) == (["No worker takes what is due"], ["No mail goes out"])


def test_mail_that_is_tried_again_while_other_mail_goes_out_is_late(concert: Concert, well: Operations) -> None:
    buy((concert.free, 1))
    buy((concert.free, 1))
    first, *_others = OutboxMessage.objects.exclude(topic="cache_bumped").order_by("id")
    OutboxMessage.objects.exclude(pk=first.pk).update(done_at=clock.now())
    OutboxMessage.objects.filter(pk=first.pk).update(created_at=clock.now() - timedelta(minutes=6), attempts=3)

    assert headlines(replace(well, outbox=operations().outbox)) == ["Effects are late"]


def test_what_was_given_up_is_named_with_its_error(operator: User, concert: Concert, well: Operations) -> None:
    buy((concert.free, 1))
    OutboxMessage.objects.update(parked_at=clock.now(), last_error="smtplib.SMTPAuthenticationError")

    assert headlines(replace(well, outbox=operations().outbox)) == ["Given up"]
    assert "smtplib.SMTPAuthenticationError" in signed_in(operator).get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("replica", "said"),
    [
        (Replica("one", "streaming", "async", 4096, 0.01), "Nothing needs a hand"),
        (Replica("one", "streaming", "async", 64_000_000, 0.01), "A replica lags"),
        (Replica("one", "streaming", "async", 10, 40.0), "A replica lags"),
        (Replica("one", "away", "", 10, None), "A replica is away"),
    ],
)
def test_a_replica_that_lags_is_named(replica: Replica, said: str, well: Operations) -> None:
    assert headlines(replace(well, replicas=[replica])) == [said]


def test_a_pool_without_connections_is_named(well: Operations) -> None:
    assert headlines(well, Pool(size=10, idle=0, waiting=3, most=10)) == ["The pool is empty"]
    assert headlines(well, Pool(size=10, idle=0, waiting=0, most=10)) == ["Nothing needs a hand"]


def test_a_database_in_trouble_is_named(well: Operations) -> None:
    full = replace(well.database, connections=95, most_connections=100)
    long = replace(well.database, longest_s=90.0)

    assert headlines(replace(well, database=full)) == ["The database is running out of connections"]
    assert headlines(replace(well, database=long)) == ["A long transaction"]


def test_the_worst_comes_first(well: Operations) -> None:
    ill = [ProcessNow("web", 1, 7, "ready", 0), ProcessNow("worker", 1, None, "waiting", 9)]
    seen = replace(well, processes=ill, valkey=Server("valkey", None, None), broker=Server("broker", None, None))

    findings = findings_of(seen, None)

    assert [finding.headline for finding in findings] == [
        "A process does not run",
        "The broker does not answer",
        "Valkey does not answer",
    ]
    assert "worker 1: waiting" in findings[0].text


def test_servers_that_are_away_are_said_to_be(operator: User) -> None:
    page = signed_in(operator).get(PAGE).content.decode()

    assert "The broker does not answer" in page
    assert "No supervisor answers this process" in page


def test_what_was_seen_can_be_kept(well: Operations) -> None:
    assert OPERATIONS.adapter.validate_json(OPERATIONS.adapter.dump_json(well)) == well


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Path]:
    """The control socket of a supervisor, as `fairgate up` serves it."""
    installation = Installation(tmp_path)
    installation.create_folders()
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def handle(question: dict[str, Any]) -> dict[str, Any]:
        assert question == {"do": "status"}
        one = {"name": "web", "index": 1, "pid": 7, "port": 1, "state": "silent", "restarts": 2}
        return {"processes": [one], "databases": []}

    def run() -> None:
        server = loop.run_until_complete(control.serve(installation, handle))
        ready.set()
        loop.run_forever()
        server.close()
        loop.run_until_complete(server.wait_closed())

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(10)
    yield tmp_path
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_the_supervisor_is_asked_for_the_processes(supervisor: Path) -> None:
    assert processes_of(supervisor) == [ProcessNow("web", 1, 7, "silent", 2)]


def test_without_a_supervisor_there_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()

    assert processes_of(tmp_path) is None
    assert processes_of(tmp_path / "nowhere") is None


def test_recent_errors_quote_nobody() -> None:
    recent = Recent()
    loud = logging.getLogger("fairgate.test_recent")
    loud.addHandler(recent)
    try:
        raise ValueError("ben@example.org")
    except ValueError:
        loud.exception("could not write to ben@example.org")
    loud.warning({"event": "database_away", "error": "OperationalError: ben@example.org", "request_id": "abc"})
    loud.warning({"event": "slow_request"})
    loud.removeHandler(recent)

    told = recent.latest()

    assert [(one.what, one.error, one.request_id, one.is_error) for one in told] == [
        ("database_away", "OperationalError", "abc", False),
        ("fairgate.test_recent", "ValueError", "", True),
    ]


def test_our_own_log_is_heard() -> None:
    recent = Recent()
    logging.getLogger().addHandler(recent)
    try:
        logs.log.warning("counts_kept", error="Busy")
    finally:
        logging.getLogger().removeHandler(recent)

    assert [(one.what, one.error) for one in recent.latest()] == [("counts_kept", "Busy")]


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (52_300_000, "52 MB"), (3_000_000_000_000_000, "3000 TB")],
)
def test_sizes_are_short(count: int, said: str) -> None:
    assert size(count) == said
