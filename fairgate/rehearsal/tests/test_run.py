"""What cannot be rehearsed is told before anything is begun."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from fairgate.cli import fairgate
from fairgate.rehearsal import door
from fairgate.rehearsal.errors import CannotRehearse, OneAtATime
from fairgate.rehearsal.site import Site
from fairgate.rehearsal.turn import turn
from fairgate.rehearsal.wish import Wish


@pytest.mark.parametrize("words", [["--buyers", "0"], ["--buyers", "-5"], ["--buyers", "5", "--rate", "0"], []])
def test_a_number_that_is_none_is_refused(words: list[str]) -> None:
    assert CliRunner().invoke(fairgate, ["rehearse", "riverside/rush", *words]).exit_code == 2


def test_buyers_who_would_come_for_days_are_refused() -> None:
    with pytest.raises(CannotRehearse, match="5,000 buyers take 139 hours to come"):
        Wish("riverside/rush", buyers=5000, rate=0.01).check()


@pytest.mark.parametrize("url", ["tickets", "ftp://tickets.example.org", "http://", "http://a:b", "http://a/shop/"])
def test_what_is_no_address_of_a_door_is_refused(url: str) -> None:
    with pytest.raises(door.WrongDoor):
        door.at(url)


def test_an_address_is_read_as_browsers_do() -> None:
    found = door.at("https://tickets.example.org")

    assert (found.host, found.port, found.name, found.is_tls) == (
        "tickets.example.org",
        443,
        "tickets.example.org",
        True,
    )
    assert door.at("http://[::1]:8000/").name == "[::1]:8000"


def test_where_nobody_listens_there_is_no_door() -> None:
    with pytest.raises(door.WrongDoor, match=r"Nobody answers at 127\.0\.0\.1, port 1 "):
        door.check(door.at("http://127.0.0.1:1"), "rehearsal-1", "rush")


def test_one_rehearsal_at_a_time() -> None:
    database_url = os.environ["FAIRGATE_DATABASE_URL"]

    with turn(database_url), pytest.raises(OneAtATime), turn(database_url):
        pass
    with turn(database_url):
        pass


def test_only_what_runs_can_be_killed() -> None:
    site = Site(lambda: [{"name": "web", "index": 1, "pid": None, "port": 1}], Path("door.log"))

    assert site.kill("stock") is None
    assert site.kill("web") is None
    assert site.by_kind("pid") == {}
