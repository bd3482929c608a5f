"""Restarts and failures under steady load: who asks meanwhile does not notice, or only who was being answered."""

from __future__ import annotations

import asyncio
import csv
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairgate.runtime.door.servers import Servers
from fairgate.runtime.tests.asking import ask
from fairgate.runtime.tests.running import Running, descendants, is_alive
from fairgate.testing.load import Load, Question
from fairgate.testing.waiting import wait_until

HOLD = b'{"items": [{"ticket_type": 1, "quantity": 1}]}'
JSON = {"Content-Type": "application/json"}
# Each of them reaches a process: no cache has them. One for each kind behind the door, and for each way to web.
QUESTIONS = (
    Question("GET", "/accounts/login/"),
    Question("GET", "/api/v1/shop/nobody/nothing?x=1"),
    Question("POST", "/api/v1/shop/nobody/nothing/holds", HOLD, JSON | {"Idempotency-Key": "k" * 32}),
    Question("GET", "/gate/"),
)
WRITE = Question("POST", "/api/v1/shop/holds/nobody/order", b"{}", JSON | {"Idempotency-Key": "k" * 32})
RESTARTED = ("relay-1", "beat-1", "worker-1", "gate-1", "stock-1", "web-1", "door-1")


def pids(running: Running) -> dict[str, int]:
    return {name: process["pid"] for name, process in running.status().items()}


def test_restarting_everything_fails_no_request(running: Running) -> None:
    before = pids(running)

    with Load(running.port, QUESTIONS) as load:
        restarted = running.command("restart")
        after = pids(running)

    assert (restarted.returncode, restarted.stdout) == (0, f"Restarted: {', '.join(RESTARTED)}\n"), restarted.stderr
    assert {name for name, pid in after.items() if pid != before[name]} == set(RESTARTED)
    assert [pid for name, pid in before.items() if name in RESTARTED and is_alive(pid)] == []
    assert load.failed == []
    assert {asked.question.path for asked in load.asked} == {question.path for question in QUESTIONS}
    assert running.is_well()


def test_the_door_sends_to_the_successor_alone(running: Running) -> None:
    running.command("restart", "web")

    log = running.data / "logs/door.log"
    before = len(log.read_text())
    ask(running.port, "/accounts/login/")

    wait_until(lambda: '"server":"web' in log.read_text()[before:])
    assert '"server":"web1"' in log.read_text()[before:]


def test_only_what_is_named_is_restarted(running: Running) -> None:
    before = pids(running)

    restarted = running.command("restart", "gate", "relay")

    after = pids(running)
    assert restarted.stdout == "Restarted: relay-1, gate-1\n", restarted.stderr
    assert {name for name, pid in after.items() if pid != before[name]} == {"relay-1", "gate-1"}


def test_what_does_not_start_anew_goes_on_as_it_is(running: Running) -> None:
    before = pids(running)
    log = running.data / "logs/gate-1.log"
    kept = log.rename(log.with_suffix(".kept"))
    log.mkdir()

    refused = running.command("restart", "gate", "stock")

    log.rmdir()
    kept.rename(log)
    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1
    assert refused.stderr.endswith("the one that runs goes on, and nothing was restarted.\n")
    assert pids(running) == before
    assert ask(running.port, "/gate/").status < 400


@pytest.mark.parametrize("words", [["postgres"], ["valkey"], ["web", "nonsense"], ["web-1"]])
def test_what_cannot_be_restarted_is_said(running: Running, words: list[str]) -> None:
    before = pids(running)

    refused = running.command("restart", *words)

    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1
    assert pids(running) == before


@pytest.mark.parametrize("words", [["web=16", "stock=16"], ["web=2", "worker=1", "stock=16", "gate=16"]])
def test_more_than_the_database_allows_is_said(running: Running, words: list[str]) -> None:
    before = running.status()

    refused = running.command("scale", *words)

    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "The database allows 247 connections" in refused.stderr
    assert running.status() == before


def test_without_an_installation_there_is_nothing_to_restart(tmp_path: Path) -> None:
    refused = Running(tmp_path / "nowhere").command("restart")

    assert (refused.returncode, len(refused.stderr.strip().splitlines())) == (2, 1)
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture
def three(running: Running) -> Iterator[Running]:
    running.command("scale", "web=3")
    yield running
    running.command("scale", "web=1")
    wait_until(running.is_well)


def test_a_killed_server_takes_only_what_was_being_written_with_it(three: Running) -> None:
    victim = three.status()["web-2"]["pid"]

    with Load(three.port, [*QUESTIONS[:2], WRITE], clients=12, pause_s=0) as load:
        wait_until(lambda: len(load.asked) > 200)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: "web2" not in servers_up(three), why="it was not missed")
        left_out, asked_before = time.monotonic(), len(load.asked)
        wait_until(lambda: len(load.asked) > asked_before + 200)
        wait_until(three.is_well)

    # What only reads was asked once more elsewhere, unless its answer had begun to come; of the rest at most one for
    # each client was on its way.
    reads = [asked for asked in load.failed if asked.question != WRITE]
    assert len(reads) <= 1, reads
    assert [asked for asked in load.failed if asked.began > left_out] == []
    assert len(load.failed) <= 12


def test_a_server_that_hangs_is_left_out_and_comes_back(three: Running) -> None:
    victim = three.status()["web-3"]["pid"]
    hanging = [victim, *descendants(victim)]

    with Load(three.port, QUESTIONS[:2], clients=12) as caught:
        for pid in hanging:
            os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: servers_up(three) == {"web1", "web2"}, why="it was not left out")
        with Load(three.port, QUESTIONS[:2], clients=4) as later:
            wait_until(lambda: len(later.asked) > 100, why="the others do not answer")
        for pid in hanging:
            os.kill(pid, signal.SIGCONT)
        wait_until(lambda: servers_up(three) == {"web1", "web2", "web3"}, why="it did not come back")
    with Load(three.port, QUESTIONS[:2], clients=4) as again:
        wait_until(lambda: len(again.asked) > 100)

    servers = answered_by(three)
    assert {servers.get(asked.request_id, "web1") for asked in later.asked} == {"web1", "web2"}
    assert {servers.get(asked.request_id, "web1") for asked in again.asked} == {"web1", "web2", "web3"}
    # Whom it caught had an answer when it went on.
    assert (caught.failed, later.failed, again.failed) == ([], [], [])


def servers_up(running: Running) -> set[str]:
    table = asyncio.run(Servers(running.data / "run").tell(["show stat"]))
    rows = csv.DictReader(table.removeprefix("# ").splitlines())
    servers = [row for row in rows if row["pxname"] == "web" and row["type"] == "2"]
    return {server["svname"] for server in servers if server["status"].startswith("UP")}


def answered_by(running: Running) -> dict[str, str]:
    """The server of each request, as the door wrote it down. Two of its threads may write into one another's line."""
    log = (running.data / "logs/door.log").read_text()
    return dict(re.findall(r'"request_id":"([^"]+)"[^{}]*?"server":"([^"]+)"', log))
