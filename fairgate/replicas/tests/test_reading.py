"""The console on a primary and a standby: nobody sees less than before, whatever the standby has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from fairgate.testing.pair import Pair
from fairgate.testing.waiting import wait_until


class Olga:
    def __init__(self, pair: Pair) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fairgate.replicas.tests.olga"],
            env={**os.environ, "FAIRGATE_DATABASE_URL": pair.url, "FAIRGATE_REPLICA_URLS": pair.standby.url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def does(self, word: str) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{word}\n")
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with Pair(is_synchronous=False) as started:
        started.migrate()
        yield started


@pytest.fixture(scope="module")
def olga(pair: Pair) -> Iterator[Olga]:
    olga = Olga(pair)
    with olga.process:
        yield olga
        olga.process.kill()


def look(olga: Olga) -> tuple[str, str]:
    seen = olga.does("look")
    assert seen.get("status") == 200, seen
    return seen["state"], seen["from"]


@pytest.fixture(autouse=True)
def replica_is_read(olga: Olga) -> None:
    wait_until(lambda: olga.does("look")["from"] != "primary")


def test_what_olga_did_she_sees_while_the_replica_lags(pair: Pair, olga: Olga) -> None:
    pair.standby.ask_as_admin("SELECT pg_wal_replay_pause()")
    try:
        olga.does("close")

        assert look(olga) == ("closed", "primary")
        olga.does("forget")
        assert look(olga) == ("open", "replica1")  # That is what the replica has: the token made the difference.
    finally:
        pair.standby.ask_as_admin("SELECT pg_wal_replay_resume()")
    wait_until(lambda: look(olga) == ("closed", "replica1"))
    olga.does("reopen")
    wait_until(lambda: look(olga) == ("open", "replica1"))


def test_what_was_read_at_the_primary_is_not_unread(pair: Pair, olga: Olga) -> None:
    """Two looks, the second at a server that has less than the first one showed."""
    olga.does("close")
    pair.wait_until_caught_up()
    pair.standby.ask_as_admin("SELECT pg_wal_replay_pause()")
    try:
        olga.does("reopen")
        first = look(olga)
        again = look(olga)
    finally:
        pair.standby.ask_as_admin("SELECT pg_wal_replay_resume()")

    assert first == again == ("open", "primary")


def test_a_replica_that_dies_under_a_page_costs_nobody_the_page(pair: Pair, olga: Olga) -> None:
    pair.kill_standby()
    try:
        assert {look(olga) for _ in range(5)} <= {("open", "primary")}
    finally:
        pair.start_standby()
    wait_until(lambda: look(olga) == ("open", "replica1"))


def test_after_a_failover_the_old_primary_is_read_from_and_the_new_one_not(pair: Pair, olga: Olga) -> None:
    """The roles stay as they are then."""
    pair.kill_primary()
    pair.promote()
    wait_until(lambda: look_if_it_can(olga) == ("open", "primary"))
    seen = {look_if_it_can(olga) for _ in range(20)}
    pair.follow_anew()

    wait_until(lambda: look_if_it_can(olga) == ("open", "spare1"))
    olga.does("close")

    assert seen == {("open", "primary")}
    wait_until(lambda: look(olga) == ("closed", "spare1"))


def test_a_right_that_was_taken_away_is_gone_at_once(pair: Pair, olga: Olga) -> None:
    pair.standby.ask_as_admin("SELECT pg_wal_replay_pause()")
    try:
        olga.does("is_thrown_out")

        assert olga.does("look")["status"] == 404
    finally:
        pair.standby.ask_as_admin("SELECT pg_wal_replay_resume()")


def look_if_it_can(olga: Olga) -> tuple[str, str]:
    seen = olga.does("look")
    return seen["state"], seen["from"]
