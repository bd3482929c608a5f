"""Faults of the database, planted in one of a test's own on the suite's server: each is what is named first."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from fairgate.doctor.finding import Urgency
from fairgate.doctor.looks import database, figures, machine, processes, requests
from fairgate.doctor.rules import judge
from fairgate.doctor.scene import Scene
from fairgate.doctor.tests.conftest import Bare, Connection, meanwhile
from fairgate.doctor.tests.named import named_first
from fairgate.testing.waiting import free_port, wait_until

WEB = processes.Process("web", 1, None, 20001, "ready", 0)


def test_a_database_that_is_down(quiet: Scene) -> None:
    settings = replace(quiet.settings, database_url=f"postgresql://ben:secret@127.0.0.1:{free_port()}/x")
    seen = database.look(quiet.installation, settings, time.monotonic())

    first = named_first("database-away", judge(replace(quiet, settings=settings, database=seen)))
    assert first.urgency is Urgency.STOPS
    assert "secret" not in repr(first)


def test_a_database_of_the_operators_is_seen_with_the_eyes_of_the_application(quiet: Scene) -> None:
    """Without a superuser's rights."""
    seen = database.look(quiet.installation, quiet.settings, time.monotonic() + 0.3)

    assert (seen.error, seen.has_all) == ("", False)
    # Nobody has made tables there.
    none = "there is none in this database"
    assert seen.not_seen == (f"the outbox ({none})", f"the pictures ({none})")
    assert seen.sessions is not None
    assert seen.sessions.most > 0
    assert seen.tables is not None
    assert seen.tables.bytes > 0


def test_a_server_that_does_not_keep_its_promises(quiet: Scene, bare: Bare) -> None:
    with bare.set_to(full_page_writes="off"):
        first = named_first("database-unsafe", judge(bare.seen(quiet)))

    assert first.evidence == ("full_page_writes is off.",)


def test_autovacuum_that_is_off(quiet: Scene, bare: Bare) -> None:
    with bare.set_to(autovacuum="off"):
        named_first("autovacuum-off", judge(bare.seen(quiet)))


def test_a_program_that_keeps_connections(quiet: Scene, bare: Bare) -> None:
    with ExitStack() as held:
        for _ in range(64):
            held.enter_context(psycopg.connect(bare.url, autocommit=True, application_name="mallory"))
        first = named_first("connections-idle", judge(replace(bare.seen(quiet), processes=(WEB,))))

    assert first.title == "mallory holds 64 idle connections to the database"


def test_processes_that_may_want_more_connections_than_there_are(quiet: Scene, bare: Bare) -> None:
    seen = replace(bare.seen(quiet), processes=(WEB,), settings=replace(quiet.settings, worker_children=200))

    first = named_first("connections-few", judge(seen))
    assert "1 worker of 400" in first.evidence[0]


@pytest.mark.parametrize(
    ("state_s", "name"), [(30.0, "transaction-idle"), (0.0, "")], ids=["for half a minute", "for a moment"]
)
def test_a_transaction_that_somebody_left_open(quiet: Scene, bare: Bare, state_s: float, name: str) -> None:
    with psycopg.connect(bare.url) as forgotten:
        forgotten.execute("SELECT 1")
        seen = later(bare.seen(quiet), state_s=state_s)

    if name:
        named_first("transaction-idle", judge(seen))
    else:
        assert judge(seen) == []


def test_a_transaction_that_others_wait_for_is_told_of_once(quiet: Scene, bare: Bare) -> None:
    with bare.connect() as admin:
        admin.execute("CREATE TABLE pages (n int)")
    with psycopg.connect(bare.url) as forgotten:
        forgotten.execute("LOCK pages")
        with meanwhile(lambda connection: connection.execute("TABLE pages"), of=bare):
            wait_until(lambda: any(one.blocked_by for one in bare.seen(quiet).database.sessions.all))  # type: ignore[union-attr]
            seen = later(bare.seen(quiet), state_s=30.0, statement_s=20.0, client="web-1")

    assert seen.database.tables is not None
    assert [one.name for one in seen.database.tables.tables] == ["pages"]
    assert [(one.id, one.urgency) for one in judge(seen)] == [("lock-waits", Urgency.HURTS)]
    # It stops the sale when a whole process hangs by it, or visitors are sent away.
    taken = figures.Figures("web-1", {}, figures.read("fairgate_turns_limit 8.0\nfairgate_turns_at_work 8.0\n"))
    hangs = named_first("lock-waits", judge(replace(seen, figures=(taken,))))
    refused = named_first("lock-waits", judge(replace(seen, requests=requests.Requests(statuses={200: 90, 503: 10}))))
    assert (hangs.urgency, hangs.evidence[2]) == (
        Urgency.STOPS,
        "All that web-1 may work on at a time is taken: others get no answer.",
    )
    assert (refused.urgency, refused.evidence[2]) == (
        Urgency.STOPS,
        "10 % of visitors are told to come again (503).",
    )


def test_a_transaction_that_works_for_long(quiet: Scene, bare: Bare) -> None:
    with meanwhile(lambda connection: connection.execute("DO 'BEGIN PERFORM pg_sleep(60); END'"), of=bare):
        wait_until(lambda: [one for one in sessions(bare.seen(quiet)) if one == "active"])
        first = named_first("transaction-long", judge(later(bare.seen(quiet), open_s=90.0)))

    assert "pg_cancel_backend" in first.levers[0]


def later(scene: Scene, **then: Any) -> Scene:
    """As it will be seen then."""
    seen = scene.database.sessions
    assert seen is not None
    assert seen.all
    sessions_then = replace(seen, all=tuple(replace(one, **then) for one in seen.all))
    return replace(scene, database=replace(scene.database, sessions=sessions_then))


def sessions(scene: Scene) -> list[str]:
    return [one.state for one in scene.database.sessions.all] if scene.database.sessions else []


def test_shared_buffers_that_do_not_fit(quiet: Scene, bare: Bare) -> None:
    seen = bare.seen(quiet)
    found = seen.database.tables
    assert found is not None
    grown = replace(seen.database, tables=replace(found, bytes=3_000_000_000))
    small = machine.Machine(2, 100, 50, 0.1)

    named_first("buffers-small", judge(replace(seen, database=grown)))
    named_first("buffers-large", judge(replace(seen, database=replace(seen.database, is_own=True), machine=small)))


def test_a_replica_that_is_away(quiet: Scene, bare: Bare) -> None:
    url = f"postgresql://fairgate:secret@127.0.0.1:{free_port()}/x"
    settings = replace(quiet.settings, replica_urls=(url,))

    first = named_first("replica-away", judge(bare.seen(replace(quiet, settings=settings))))
    assert "secret" not in repr(first)


def test_commits_that_wait_for_a_standby(quiet: Scene, bare: Bare) -> None:
    with bare.set_to(synchronous_standby_names="nobody"), meanwhile(_write, of=bare):
        wait_until(lambda: judge(bare.seen(quiet)))
        first = named_first("standby-awaited", judge(bare.seen(quiet)))

    assert (first.urgency, first.evidence[0].split(",")[0]) == (Urgency.STOPS, "1 commit waits")


def _write(connection: Connection) -> None:
    connection.execute("CREATE TABLE pages (n int)")


def test_log_that_is_kept_for_a_reader_who_is_away(quiet: Scene, bare: Bare) -> None:
    with bare.connect() as admin:
        admin.execute("SELECT pg_create_physical_replication_slot('mallory', true)")
        seen = bare.seen(quiet)
        admin.execute("SELECT pg_drop_replication_slot('mallory')")
    (slot,) = seen.database.replication.slots
    after_a_night = replace(seen.database.replication, slots=(replace(slot, kept_bytes=2_000_000_000),))

    assert judge(seen) == []
    first = named_first("log-kept", judge(replace(seen, database=replace(seen.database, replication=after_a_night))))
    assert first.title == "The database keeps 2.0 GB of its log for mallory, who is away"
