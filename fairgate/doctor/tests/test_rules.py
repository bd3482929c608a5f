"""Faults of servers of their own, and what the logs and the settings tell; each is what is named first."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
import redis
from rich.console import Console

from fairgate.doctor import report
from fairgate.doctor.finding import Finding, Urgency, ranked
from fairgate.doctor.looks import copies, database, door, figures, machine, mail, processes, requests, sessions, stores
from fairgate.doctor.rules import judge, safety
from fairgate.doctor.scene import Scene
from fairgate.lib import env
from fairgate.runtime.tests.open_door import OpenDoor
from fairgate.testing.cache_servers import CacheServer, serve
from fairgate.testing.waiting import free_port, wait_until


@pytest.fixture
def valkey() -> Iterator[CacheServer]:
    yield from serve("valkey")


def nothing() -> None:
    """No time between the looks."""


def test_nothing_seen_is_nothing_found(quiet: Scene) -> None:
    assert judge(quiet) == []


def test_causes_come_before_symptoms_and_the_dearest_first() -> None:
    def found(name: str, urgency: Urgency, cost: float, *, is_symptom: bool = False) -> Finding:
        return Finding(name, urgency, name, (), (), cost, is_symptom)

    order = ranked(
        [
            found("later", Urgency.ADVICE, 99),
            found("symptom", Urgency.HURTS, 50, is_symptom=True),
            found("cheap", Urgency.HURTS, 1),
            found("dear", Urgency.HURTS, 2),
            found("end", Urgency.STOPS, 0),
        ]
    )

    assert [one.id for one in order] == ["end", "dear", "cheap", "symptom", "later"]


def test_a_database_that_is_down(quiet: Scene) -> None:
    settings = replace(quiet.settings, database_url=f"postgresql://ben:secret@127.0.0.1:{free_port()}/x")
    seen = database.look(quiet.installation, settings, time.monotonic())

    first = judge(replace(quiet, settings=settings, database=seen))[0]
    assert (first.id, first.urgency) == ("database-away", Urgency.STOPS)
    assert "secret" not in repr(first)


def test_a_database_of_the_operators_is_seen_with_the_eyes_of_the_application(quiet: Scene) -> None:
    """Without a superuser's rights."""
    seen = database.look(quiet.installation, quiet.settings, time.monotonic() + 0.3)

    assert (seen.error, seen.has_all) == ("", False)
    # Nobody has made tables there.
    assert seen.not_seen == ("the outbox (UndefinedTable)",)
    assert seen.sessions is not None
    assert seen.sessions.most > 0
    assert seen.tables is not None
    assert seen.tables.bytes > 0


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SELECT 1 FROM a2 WHERE b = 'o''Ben' AND c > -1.5", "SELECT … FROM a2 WHERE b = '…' AND c > …"),
        ("UPDATE t SET x = $1 WHERE y = $2", "UPDATE t SET x = $1 WHERE y = $2"),
    ],
)
def test_statements_are_told_without_values(statement: str, told: str) -> None:
    assert sessions.shown(statement) == told.replace("'…'", "…")


def test_a_valkey_that_is_away(quiet: Scene) -> None:
    url = f"valkey://127.0.0.1:{free_port()}/0"
    seen = stores.look(replace(quiet.settings, valkey_url=url, broker_url=url, cache_url=url), nothing)

    first = judge(replace(quiet, stores=seen))[0]
    assert (first.id, first.evidence[1]) == ("store-away", "Mail and other effects wait in the outbox.")


def test_a_valkey_that_throws_hints_out(quiet: Scene, valkey: CacheServer) -> None:
    with redis.Redis(port=valkey.port) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("maxmemory", client.info()["used_memory"] + 3_000_000)
        url = f"valkey://127.0.0.1:{valkey.port}/0"
        settings = replace(quiet.settings, valkey_url=url, broker_url=url, cache_url=url)

        def crowd_out() -> None:
            for number in range(3_000):
                client.set(str(number), b"x" * 2_000)

        seen = stores.look(settings, crowd_out)

    first = judge(replace(quiet, stores=seen))[0]
    assert (first.id, first.urgency) == ("store-evicts", Urgency.HURTS)


def test_a_mail_server_that_is_away(quiet: Scene) -> None:
    error = mail.error(replace(quiet.settings, email_url=f"smtp://127.0.0.1:{free_port()}"))

    first = judge(replace(quiet, mail_error=error))[0]
    assert first.id == "mail-server-away"
    assert "Connection refused" in first.evidence[0]


def test_an_interpreter_that_does_all_it_can(quiet: Scene) -> None:
    """A real one, in the place of web."""
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    status = {"name": "web", "index": 1, "pid": spinning.pid, "port": 1, "state": "ready", "restarts": 0}
    try:
        before = processes.take()
        wait_until(lambda: processes.tell([status], before, processes.take(), 1.0)[0].cores >= 0.1)
        (web,) = processes.tell([status], before, processes.take(), 0.1)
    finally:
        spinning.kill()
        spinning.wait()
    assert web.busiest >= 0.9

    first = judge(
        replace(
            quiet,
            settings=replace(quiet.settings, web_workers=1),
            machine=machine.Machine(4, 8000, 4000, 1.2),
            processes=(web,),
            door=door.Door(1000, 0, ()),
        )
    )[0]
    assert (first.id, first.urgency) == ("interpreter-saturated", Urgency.HURTS)
    assert first.levers == (f"fairgate scale --data {quiet.installation.root} web=2",)


def test_a_machine_that_others_use(quiet: Scene) -> None:
    greedy = processes.Part(4711, "mallory", "R", 1.6, 100)
    seen = replace(quiet, machine=machine.Machine(2, 8000, 4000, 1.95), others=(greedy,), door=door.Door(1000, 0, ()))

    first = judge(seen)[0]
    assert (first.id, first.title) == ("processor-full", "Other programs use the processor that Fairgate wants")
    assert "mallory (4711) 1.6" in first.evidence[1]


def test_a_process_that_is_down(quiet: Scene) -> None:
    processes_then = (
        processes.Process("web", 1, None, 20001, "waiting", 4),
        processes.Process("worker", 1, None, 20002, "waiting", 4),
    )

    found = judge(replace(quiet, processes=processes_then))
    assert [(one.id, one.title, one.urgency) for one in found] == [
        ("process-down", "web-1 is down", Urgency.STOPS),
        ("process-down", "worker-1 is down", Urgency.HURTS),
    ]


def test_a_process_that_dies_again_and_again(quiet: Scene) -> None:
    part = processes.Part(77, "python", "S", 0.0, 12.0)
    seen = replace(quiet, processes=(processes.Process("worker", 1, 77, 20002, "ready", 9, (part,)),))

    assert judge(seen)[0].id == "process-restarts"


def test_a_server_that_the_door_cannot_reach_and_visitors_it_sends_away(
    quiet: Scene, fresh_door: Callable[..., OpenDoor]
) -> None:
    opened = fresh_door()
    with ThreadPoolExecutor(8) as visitors:
        assert {answer.status for answer in visitors.map(lambda _: opened.ask("/console/"), range(20))} == {200}
        opened.servers["web"].stop()
        statuses = [answer.status for answer in visitors.map(lambda _: opened.ask("/console/"), range(20))]
    assert 503 in statuses
    seen = replace(
        quiet, door=door.look(opened.installation, nothing), requests=requests.look(opened.installation.logs)
    )

    found = {one.id: one for one in judge(seen)}
    assert [one.id for one in judge(seen)][:2] == ["servers-down", "door-refuses"]
    assert found["servers-down"].title == "The door sends nothing to web1"
    assert found["servers-down"].urgency is Urgency.STOPS


def test_a_limit_that_all_visitors_share(quiet: Scene) -> None:
    first = judge(replace(quiet, requests=requests.Requests(statuses={200: 60, 429: 40})))[0]

    assert (first.id, "FAIRGATE_TRUSTED_PROXIES" in first.levers[0]) == ("door-limits", True)


def test_what_the_logs_tell(quiet: Scene, tmp_path: Path) -> None:
    """A page of many statements, errors of our own, a pool in which nobody got a connection."""
    now = datetime.now(UTC)
    old = (now - timedelta(hours=1)).isoformat()
    page = {"event": "request", "service": "web", "route": "/console/<o>/", "status": 200, "ms": 90.0, "queries": 120}
    lines = [{**page, "timestamp": now.isoformat()}] * 9
    lines += [{**page, "timestamp": now.isoformat(), "route": "/x/", "status": 500, "queries": 1}] * 3
    lines += [{**page, "timestamp": old, "route": "/old/", "status": 500}] * 9
    lines += [{"event": "database_away", "error": "PoolTimeout", "timestamp": now.isoformat()}] * 2
    (tmp_path / "web-1.log").write_text("cut\n" + "".join(json.dumps(line) + "\n" for line in lines))
    answers = [{"event": "request", "status": 200, "timestamp": now.isoformat()}] * 30
    (tmp_path / "door.log").write_text("".join(json.dumps(line) + "\n" for line in answers))

    found = judge(replace(quiet, requests=requests.look(tmp_path)))
    assert [one.id for one in found] == ["requests-fail", "pool-timeouts", "statements-repeated"]
    assert found[0].evidence == ("3 of 30 answers in 2 min, 3 of them there.",)
    assert found[2].title == "/console/<o>/ of web asks the database 120 times for one page"


def test_a_pool_without_a_free_connection(quiet: Scene) -> None:
    told = """
fairgate_pool_connections_in_use{pool="gate"} 8.0
fairgate_pool_connections_most{pool="gate"} 8.0
fairgate_pool_requests_waiting{pool="gate"} 5.0
"""
    first = judge(replace(quiet, figures=(figures.Figures("gate-1", {}, figures.read(told)),)))[0]

    assert (first.id, first.title) == ("pool-full", "gate-1 has all connections of its pool in use")
    assert first.evidence[0].startswith("Pool gate: 8 of 8 in use, 5 wait for one")


def test_turns_and_lanes_that_are_all_taken(quiet: Scene) -> None:
    web = """
fairgate_turns_limit 8.0
fairgate_turns_most 8.0
fairgate_turns_at_work{rank="looks"} 8.0
fairgate_turns_waiting{rank="looks"} 30.0
"""
    stock = """
fairgate_lanes_running 1.0
fairgate_lanes_at_a_time 8.0
fairgate_lane_requests_waiting 200.0
fairgate_lane_busy_seconds_total 103.0
"""
    before = figures.read("fairgate_lane_busy_seconds_total 100.0\n")
    seen = (figures.Figures("web-1", {}, figures.read(web)), figures.Figures("stock-1", before, figures.read(stock)))

    assert [one.id for one in judge(replace(quiet, figures=seen))] == ["lanes-saturated", "turns-taken"]


def test_a_disk_that_fills_up(quiet: Scene) -> None:
    def disk(free_mb: int) -> Scene:
        return replace(quiet, disks=(machine.Disk("the installation", Path("/srv"), free_mb, 100_000, 1),))

    assert [judge(disk(free))[0].urgency for free in (100, 900, 4_000)] == list(Urgency)
    assert judge(disk(50_000)) == []
    assert machine.disks({"this": Path(__file__).parent, "that": Path(__file__)})[0].total_mb > 0


def test_a_public_installation_without_tls_mail_and_backup(quiet: Scene) -> None:
    settings = replace(quiet.settings, public_url="http://tickets.example.org")
    seen = replace(quiet, settings=settings, database=database.Database(is_own=True))

    assert [one.id for one in judge(seen)] == ["backup-missing", "mail-to-folder", "no-tls"]
    old = copies.Copies(saved_at=seen.seen_at - timedelta(days=9))
    assert judge(replace(seen, copies=old))[0].evidence == ("The last copy of everything is 9 days old.",)


@pytest.mark.parametrize(
    ("host", "is_public"),
    [("127.0.0.1", False), ("10.0.0.7", False), ("localhost", False), ("box.lan", False), ("8.8.8.8", True)],
)
def test_who_is_public(host: str, is_public: bool) -> None:
    assert safety.is_public(host) is is_public


def test_more_interpreters_than_cores(quiet: Scene) -> None:
    web = tuple(processes.Process("web", index, None, 1, "ready", 0) for index in range(1, 7))
    seen = replace(
        quiet,
        processes=web,
        machine=machine.Machine(2, 8000, 4000, 0.1),
        settings=replace(quiet.settings, web_workers=1),
    )

    assert judge(seen)[0].id == "interpreters-many"


def test_a_transaction_that_somebody_left_open(quiet: Scene) -> None:
    with psycopg.connect(env.settings().database_url) as forgotten:
        forgotten.execute("SELECT 1")
        seen = database.look(quiet.installation, quiet.settings, time.monotonic())
        assert seen.sessions is not None
        own = [one for one in seen.sessions.all if one.pid == forgotten.info.backend_pid]
    assert (own[0].is_idle_in_transaction, own[0].client_pid) == (True, os.getpid())
    later = replace(own[0], state_s=30.0)

    first = judge(replace(quiet, database=replace(seen, sessions=replace(seen.sessions, all=(later,)))))[0]
    assert first.id == "transaction-idle"


def test_the_report_leaves_commands_whole(quiet: Scene) -> None:
    lever = "fairgate scale --data " + "/very-long" * 20 + " web=2"
    printed = StringIO()

    report.show(
        quiet, [Finding("x", Urgency.HURTS, "It hurts", ("Since 7 s.",), (lever,))], Console(file=printed, width=60)
    )
    report.show(quiet, [], Console(file=printed, width=60))

    assert f"   → {lever}" in printed.getvalue().splitlines()
    assert "1. It hurts  [hurts now]  x" in printed.getvalue()
    assert "All is well: nothing was found that is slow, full, down or behind." in printed.getvalue()


def test_every_finding_is_in_the_runbook_and_none_else() -> None:
    pattern = re.compile(r'\bFinding\(\s*"([a-z-]+)"(?: if [^,]+? else "([a-z-]+)")?')
    sources = (Path(__file__).parents[1] / "rules").glob("*.py")
    ids = {name for source in sources for found in pattern.findall(source.read_text()) for name in found if name}
    page = (Path(__file__).parents[3] / "docs/runbooks/doctor.md").read_text()

    assert set(re.findall(r"^### ([a-z-]+)$", page, re.MULTILINE)) == ids
