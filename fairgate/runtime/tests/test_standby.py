"""A standby: follows its primary, has what was answered, and is copied anew when it cannot follow."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from fairgate.runtime import replication
from fairgate.testing.pair import Pair


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Pair() as started:
        started.primary.ask("CREATE TABLE word (word text)")
        yield started


def write(pair: Pair, word: str) -> None:
    with psycopg.connect(pair.url, autocommit=True) as db:
        db.execute("INSERT INTO word VALUES (%s)", (word,))


def words(pair: Pair) -> list[str]:
    with psycopg.connect(pair.url) as db:
        return [word for (word,) in db.execute("SELECT word FROM word ORDER BY word")]


def test_what_was_answered_survives_the_primary(pair: Pair) -> None:
    write(pair, "answered")

    pair.kill_primary()
    pair.promote()

    assert words(pair) == ["answered"]
    write(pair, "by the new primary")
    assert words(pair) == ["answered", "by the new primary"]


def test_an_asynchronous_standby_that_is_paused_loses_what_was_answered() -> None:
    with Pair(is_synchronous=False) as pair:
        pair.primary.ask("CREATE TABLE word (word text)")
        write(pair, "before")
        pair.wait_until_caught_up()
        pair.pause_standby()
        write(pair, "answered")

        pair.kill_primary()
        pair.lose_what_is_on_the_way()
        pair.resume_standby()
        pair.promote()

        assert words(pair) == ["before"]


def test_a_primary_that_crashed_goes_on_with_its_standby(pair: Pair) -> None:
    write(pair, "before")

    pair.crash_primary()
    write(pair, "after")

    assert words(pair) == ["after", "before"]
    assert [follower.is_synchronous for follower in replication.followers(pair.primary).values()] == [True]


def test_a_standby_that_was_away_follows_from_where_it_was(pair: Pair) -> None:
    replication.wait_for_any(pair.primary, [])
    (pair.standby.data / "mark").touch()

    pair.kill_standby()
    write(pair, "meanwhile")
    pair.start_standby()

    pair.wait_until_caught_up()
    assert pair.standby.ask("SELECT word FROM word") == "meanwhile"
    assert (pair.standby.data / "mark").exists()
