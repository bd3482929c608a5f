"""Faults beside the way of a request, planted in a running installation: standbys, effects, files, the supervisor."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import psycopg
import pytest
from celery import Celery

from fairgate.doctor import scene
from fairgate.doctor.finding import Urgency
from fairgate.doctor.looks import database
from fairgate.doctor.looks.replicas import Replica, Replication
from fairgate.doctor.rules import judge
from fairgate.doctor.scene import Scene
from fairgate.doctor.tests.conftest import Ill
from fairgate.doctor.tests.named import named_first
from fairgate.doctor.tests.test_planted import stopped
from fairgate.testing.waiting import wait_until

# None is due, so that the relay leaves them alone.
EFFECTS = """
INSERT INTO outbox_message (topic, payload, created_at, due_at, attempts, last_error, parked_at)
SELECT 'nothing', '{}', now() - interval '1 hour', now() + interval '1 day', 3, 'Mallory refuses it', %s::timestamptz
  FROM generate_series(1, 4)
"""


def test_a_supervisor_that_stands_still(ill: Ill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "STATUS_S", 0.3)
    with stopped(ill.supervisor.pid):
        first = named_first("supervisor-silent", ill.diagnosis(0.1))

    assert "does not answer" in first.evidence[0]


def test_a_password_that_the_database_does_not_know(ill: Ill) -> None:
    seen = ill.glance()
    user, _, rest = seen.settings.database_url.partition("@")
    settings = replace(seen.settings, database_url=f"{user}x@{rest}")
    refused = replace(seen, database=database.look(ill.place, settings, time.monotonic()))

    first = named_first("database-refuses", judge(refused))
    assert first.urgency is Urgency.STOPS
    assert "password authentication failed" in first.evidence[0]


def test_a_replica_whose_replay_waits_for_a_reader(ill: Ill) -> None:
    with ill.connect() as primary, ill.connect_as_admin("standby-1") as standby:
        primary.execute("CREATE TABLE tidy AS SELECT 1 AS n")
        wait_until(lambda: standby.execute("SELECT to_regclass('tidy')").fetchone() != (None,))
        standby.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        standby.execute("SELECT count(*) FROM tidy")
        primary.execute("DROP TABLE tidy")
        primary.execute("SELECT pg_logical_emit_message(true, 'test', repeat('x', 17000000))")
        pid = standby.info.backend_pid
        wait_until(lambda: [one for one in judge(ill.glance()) if one.levers and str(pid) in one.levers[0]])
        first = named_first("replica-lags", judge(ill.glance()))
        with suppress(psycopg.Error):
            standby.execute("ROLLBACK")

    assert first.title.startswith("A session on standby-1 holds it up, ")
    assert first.title.endswith(f", pid {os.getpid()} (database session {pid})")
    assert "its last statement: SELECT count(*) FROM tidy" in first.evidence[0]
    assert first.evidence[1].startswith("It has received ")
    port = ill.status()["standby-1"]["port"]
    assert f"-p {port} " in first.levers[0]
    assert f'"select pg_terminate_backend({pid})"' in first.levers[0]


def test_a_replica_that_is_only_slow(quiet: Scene) -> None:
    behind = Replica("postgresql://elsewhere/x", 1, lag_bytes=20_000_000, lag_s=20, stands_still=True, sees_all=True)

    def told(replica: Replica) -> tuple[str, str]:
        seen = replace(quiet.database, replication=Replication((replica,)))
        first = named_first("replica-lags", judge(replace(quiet, database=seen)))
        return first.title.split("/x ")[1], first.evidence[-2]

    assert told(behind)[0] == "stands still, 20 MB and 20.0 s behind"
    assert "our role may not see" in told(replace(behind, sees_all=False))[1]
    assert told(replace(behind, stands_still=False)) == (
        "is behind: 20 MB and 20.0 s",
        "Nobody there holds it up: it replays slowly (its disk, its processor).",
    )


def test_effects_that_fail(ill: Ill) -> None:
    with effects(ill, parked_at=None):
        first = named_first("effects-fail", judge(ill.glance()))

    assert first.title == "4 effects failed and will be tried again"
    assert first.evidence[0] == "4 x nothing: Mallory refuses it"


def test_effects_that_were_given_up(ill: Ill) -> None:
    with effects(ill, parked_at="2026-11-22T12:00:00Z"):
        first = named_first("effects-parked", judge(ill.glance()))

    assert first.title == "4 effects were given up after eight tries"


@contextmanager
def effects(ill: Ill, parked_at: str | None) -> Iterator[None]:
    with ill.connect() as connection:
        connection.execute(EFFECTS, [parked_at])
        yield
        connection.execute("DELETE FROM outbox_message WHERE topic = 'nothing'")


def test_a_worker_that_looks_well_and_takes_nothing(ill: Ill) -> None:
    """It was told, over the broker, to leave its queue alone."""
    broker = ill.glance().settings.broker_url
    with Celery(broker=broker) as app, ill.connect() as connection:
        assert app.control.cancel_consumer("effects", reply=True, timeout=10, limit=1)
        connection.execute(
            "INSERT INTO outbox_message (topic, payload, created_at)"
            " VALUES ('nothing', '{}', now() - interval '1 hour')"
        )
        wait_until(lambda: "worker-stalled" in {one.id for one in judge(ill.glance())})
        first = named_first("worker-stalled", judge(ill.glance()))
        connection.execute("DELETE FROM outbox_message WHERE topic = 'nothing'")
        assert app.control.add_consumer("effects", reply=True, timeout=10, limit=1)

    assert first.evidence[0].startswith("1 task waits at the broker")
    assert first.levers == (f"fairgate restart --data {ill.data} worker",)


def test_pictures_that_are_on_another_host(ill: Ill) -> None:
    """One of two events' pictures was uploaded here."""
    folder = ill.data / "uploads/pictures/here"
    with ill.connect_as_admin("postgres-1") as connection:
        # There need not be events for it.
        connection.execute("SET session_replication_role = replica")
        for number, key in enumerate(("here", "elsewhere"), 1):
            row = {"key": key, "event": -number}
            connection.execute(
                "INSERT INTO files_storedpicture (key, width, height, widths) VALUES (%(key)s, 800, 400, '{400,800}')",
                row,
            )
            connection.execute(
                "INSERT INTO events_eventpicture (event_id, stored_id, alt) VALUES (%(event)s, %(key)s, '')", row
            )
        folder.mkdir(parents=True)
        (folder / "400.webp").touch()
        seen = ill.glance()
        connection.execute("DELETE FROM events_eventpicture WHERE event_id < 0")
        connection.execute("DELETE FROM files_storedpicture WHERE key IN ('here', 'elsewhere')")

    first = named_first("pictures-missing", judge(seen))
    assert first.evidence == (f"Missing in {ill.data / 'uploads'}: 1 of the newest 2 pictures that pages show.",)
    assert judge(ill.glance()) == []
    assert seen.database.pictures is not None
    two = replace(seen.database.pictures, hosts=("10.77.0.3", "10.77.0.4"))
    told = judge(replace(seen, database=replace(seen.database, pictures=two)))[0].evidence[1]
    assert told == "Processes of Fairgate reach the database from 10.77.0.3 and 10.77.0.4."


def test_the_archive_of_this_installation_is_looked_at(ill: Ill) -> None:
    """Its first copy takes a while."""
    wait_until(lambda: scene.gather(ill.place, 0.1).copies.archived_at)

    assert scene.gather(ill.place, 0.1).copies.archive == ill.archive
