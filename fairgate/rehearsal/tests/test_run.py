"""What cannot be rehearsed is told before anything is begun."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from fairgate.cli import fairgate
from fairgate.rehearsal import door, run
from fairgate.rehearsal.crowd import Plan
from fairgate.rehearsal.errors import CannotRehearse, NoDatabase, OneAtATime
from fairgate.rehearsal.habits import Offer
from fairgate.rehearsal.progress import Progress
from fairgate.rehearsal.site import Site
from fairgate.rehearsal.turn import turn
from fairgate.rehearsal.wish import Wish

OFFER = Offer(ticket_type=1, session=1, places=10, least=1, most=4, payment="free")


@pytest.mark.parametrize("words", [["--buyers", "0"], ["--buyers", "-5"], ["--buyers", "5", "--rate", "0"], []])
def test_a_number_that_is_none_is_refused(words: list[str]) -> None:
    assert CliRunner().invoke(fairgate, ["rehearse", "riverside/rush", *words]).exit_code == 2


def test_buyers_who_would_come_for_days_are_refused() -> None:
    with pytest.raises(CannotRehearse, match="5,000 buyers take 139 hours to come"):
        Wish("riverside/rush", buyers=5000, rate=0.01).check()


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_what_no_clock_can_count_is_refused(number: str) -> None:
    with pytest.raises(CannotRehearse, match="--seconds and --rate"):
        Wish("riverside/rush", buyers=5, seconds=float(number)).check()
    with pytest.raises(CannotRehearse, match="--seconds and --rate"):
        Wish("riverside/rush", buyers=5, rate=float(number)).check()


@pytest.mark.parametrize(
    "url",
    [
        *(
            "tickets",
            "ftp://tickets.example.org",
            "http://",
            "http://a:b",
            "http://a/shop/",
            "http://[::1",
            "http://a b",
        ),
        *("http://ben:secret@a", "http://a?b=c", "http://a#b", f"http://{'a' * 80}.example", "http://a\u2028b"),
    ],
)
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
    assert door.at("https://m\u00fcnchen.example").name == "xn--mnchen-3ya.example"


def test_where_nobody_listens_there_is_no_door() -> None:
    with pytest.raises(door.WrongDoor, match=r"Nobody answers at 127\.0\.0\.1, port 1 "):
        door.check(door.at("http://127.0.0.1:1"), "rehearsal-1", "rush")


def test_a_name_without_an_address_is_told() -> None:
    with pytest.raises(door.WrongDoor, match=r"nowhere\.invalid has no address "):
        door.check(door.at("https://nowhere.invalid"), "rehearsal-1", "rush")


def test_a_database_that_is_away_is_told() -> None:
    with pytest.raises(NoDatabase, match="Connection refused"), turn("postgresql://ben:secret@127.0.0.1:1/fairgate"):
        pass


def test_buyers_who_stand_still_are_sent_home_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for their word must not wait for ever when it is all over."""
    monkeypatch.setattr(run, "GO_S", 0.2)
    plan = Plan({"host": "", "port": 1, "name": ""}, "", "", [asdict(OFFER)], 1, 3600.0, 0.001, 1, 3600.0, "")
    crowds = []

    def stop(_now: Mapping[str, Any]) -> None:
        crowds.extend(one for one in psutil.Process().children() if "fairgate.rehearsal.crowd" in one.cmdline())
        crowds[0].suspend()
        raise KeyboardInterrupt

    progress = Progress("", 1, 1)
    monkeypatch.setattr(progress, "show", stop)
    with pytest.raises(KeyboardInterrupt):
        run._watch(plan, Site(list, Path("door.log")), None, progress)

    assert [crowd.is_running() for crowd in crowds] == [False]


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
