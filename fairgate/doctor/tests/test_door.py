"""What the door and the logs tell of visitors, and the figures of processes: each fault is what is named first."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fairgate.doctor.finding import Urgency
from fairgate.doctor.looks import door, figures, requests
from fairgate.doctor.rules import judge
from fairgate.doctor.scene import Scene
from fairgate.doctor.tests.named import named_first
from fairgate.runtime.tests.open_door import OpenDoor
from fairgate.testing.waiting import wait_until

PAGE = {"event": "request", "service": "web", "route": "/console/<o>/", "status": 200, "ms": 90.0, "queries": 1}
ANSWER = {"event": "request", "status": 200}


def nothing() -> None:
    """No time between the looks."""


def seen_at(opened: OpenDoor, quiet: Scene) -> Scene:
    installation = opened.installation
    return replace(quiet, door=door.look(installation, nothing), requests=requests.look(installation.logs))


def test_a_server_that_the_door_cannot_reach(quiet: Scene, fresh_door: Callable[..., OpenDoor]) -> None:
    opened = fresh_door()
    with ThreadPoolExecutor(8) as visitors:
        assert {answer.status for answer in visitors.map(lambda _: opened.ask("/console/"), range(20))} == {200}
        opened.servers["web"].stop()
        statuses = [answer.status for answer in visitors.map(lambda _: opened.ask("/console/"), range(20))]
    assert 503 in statuses

    found = judge(seen_at(opened, quiet))
    first = named_first("servers-down", found)
    assert (first.title, first.urgency) == ("The door sends nothing to web1", Urgency.STOPS)
    assert found[1].id == "door-refuses"


def test_visitors_who_wait_in_the_door_and_some_who_are_sent_away(
    quiet: Scene, fresh_door: Callable[..., OpenDoor]
) -> None:
    """Before a process that stands still, and one that has no time for them."""
    opened = fresh_door(web=1)
    opened.servers["web"].is_open.clear()
    with ThreadPoolExecutor(14) as visitors:
        waiting = [visitors.submit(opened.ask, "/console/") for _ in range(14)]
        wait_until(lambda: sum(one.waits for one in seen_at(opened, quiet).door.backends) > 10)  # type: ignore[union-attr]
        queue = named_first("door-queue", judge(seen_at(opened, quiet)))
        opened.servers["web"].is_open.set()
        assert {one.result().status for one in waiting} == {200}
    assert queue.title == "Visitors wait in the door for web"

    for _ in range(7):
        opened.ask("/console/", X_Answer='{"status": 503}')
    wait_until(lambda: requests.look(opened.installation.logs).statuses.get(503) == 7)
    refused = named_first("door-refuses", judge(seen_at(opened, quiet)))
    assert refused.title == "33 % of visitors are told to come again (503)"


def test_a_limit_that_all_visitors_share(quiet: Scene, tmp_path: Path) -> None:
    said(tmp_path, "door", [ANSWER] * 60 + [{**ANSWER, "status": 429}] * 40)

    first = named_first("door-limits", judge(replace(quiet, requests=requests.look(tmp_path))))
    assert "FAIRGATE_TRUSTED_PROXIES" in first.levers[0]


def test_errors_of_our_own(quiet: Scene, tmp_path: Path) -> None:
    said(tmp_path, "web-1", [{**PAGE, "route": "/x/", "status": 500}] * 3)
    said(tmp_path, "web-1", [{**PAGE, "route": "/old/", "status": 500}] * 9, timedelta(hours=1))
    said(tmp_path, "door", [ANSWER] * 30)

    first = named_first("requests-fail", judge(replace(quiet, requests=requests.look(tmp_path))))
    assert first.evidence == ("3 of 30 answers in 2 min, 3 of them there.",)


def test_a_page_of_many_statements(quiet: Scene, tmp_path: Path) -> None:
    said(tmp_path, "web-1", [{**PAGE, "queries": 120}] * 9)

    first = named_first("statements-repeated", judge(replace(quiet, requests=requests.look(tmp_path))))
    assert first.title == "/console/<o>/ of web asks the database 120 times for one page"


def test_a_pool_in_which_nobody_got_a_connection(quiet: Scene, tmp_path: Path) -> None:
    said(tmp_path, "web-1", [{"event": "database_away", "error": "PoolTimeout"}] * 2)

    named_first("pool-timeouts", judge(replace(quiet, requests=requests.look(tmp_path))))


def said(logs: Path, process: str, lines: list[dict[str, Any]], ago: timedelta = timedelta()) -> None:
    """After the end of a line that was cut off."""
    at = datetime.now(UTC) - ago
    with (logs / f"{process}.log").open("a") as log:
        log.write("cut\n" + "".join(json.dumps({**line, "timestamp": at.isoformat()}) + "\n" for line in lines))


def test_a_pool_without_a_free_connection(quiet: Scene) -> None:
    told = """
fairgate_pool_connections_in_use{pool="gate"} 8.0
fairgate_pool_connections_most{pool="gate"} 8.0
fairgate_pool_requests_waiting{pool="gate"} 5.0
"""
    first = named_first("pool-full", judge(replace(quiet, figures=(tells("gate-1", told),))))

    assert first.title == "gate-1 has all connections of its pool in use"
    assert first.evidence[0].startswith("Pool gate: 8 of 8 in use, 5 wait for one")


def test_turns_that_are_all_taken(quiet: Scene) -> None:
    told = """
fairgate_turns_limit 8.0
fairgate_turns_most 8.0
fairgate_turns_at_work{rank="looks"} 8.0
fairgate_turns_waiting{rank="looks"} 30.0
"""
    named_first("turns-taken", judge(replace(quiet, figures=(tells("web-1", told),))))


def test_lanes_that_do_all_they_can(quiet: Scene) -> None:
    told = """
fairgate_lanes_running 1.0
fairgate_lanes_at_a_time 8.0
fairgate_lane_requests_waiting 200.0
fairgate_lane_busy_seconds_total 103.0
"""
    before = "fairgate_lane_busy_seconds_total 100.0\n"
    named_first("lanes-saturated", judge(replace(quiet, figures=(tells("stock-1", told, before),))))


def tells(process: str, now: str, before: str = "") -> figures.Figures:
    return figures.Figures(process, figures.read(before), figures.read(now))
