"""A standby: follows its primary, has what was answered, and is copied anew when it cannot follow."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fairgate.runtime import replication
from fairgate.runtime.errors import CannotStart
from fairgate.testing.pair import Pair
from fairgate.testing.waiting import wait_until


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


def test_one_that_was_promoted_is_a_primary_like_the_first(pair: Pair) -> None:
    pair.kill_primary()
    pair.promote()
    pair.follow_anew()
    write(pair, "by the new primary")

    pair.crash_primary()
    write(pair, "after its crash")

    assert words(pair) == ["after its crash", "by the new primary"]
    assert [follower.is_synchronous for follower in replication.followers(pair.primary).values()] == [True]


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


def test_one_whose_log_is_gone_is_copied_anew(pair: Pair) -> None:
    replication.wait_for_any(pair.primary, [])
    (pair.standby.data / "mark").touch()
    pair.kill_standby()
    # The primary notices that nobody is at the other end only when it has something to say.
    wait_until(lambda: drop_slots(pair) == [])

    pair.start_standby()

    pair.wait_until_caught_up()
    assert not (pair.standby.data / "mark").exists()
    assert set_aside(pair) == []


def test_one_that_was_promoted_is_set_aside_and_copied_anew(pair: Pair) -> None:
    pair.promote()
    pair.standby.ask("INSERT INTO word VALUES ('by the promoted one')")
    pair.kill_standby()

    pair.start_standby()

    (kept,) = set_aside(pair)
    assert (kept / "PG_VERSION").exists()
    pair.wait_until_caught_up()
    assert pair.standby.ask("SELECT count(*) FROM word") == "0"


def test_one_that_is_ahead_is_set_aside_and_copied_anew(pair: Pair) -> None:
    """The primary's files were put back from an earlier copy."""
    pair.kill_primary()
    earlier = pair.primary.data.with_name("earlier")
    shutil.copytree(pair.primary.data, earlier)
    pair.start_primary()
    pair.wait_until_caught_up()
    write(pair, "lost with the copy")
    pair.primary.ask_as_admin("CHECKPOINT")
    pair.wait_until_caught_up()
    pair.standby.ask_as_admin("CHECKPOINT")
    pair.kill_standby()
    pair.kill_primary()
    shutil.rmtree(pair.primary.data)
    earlier.rename(pair.primary.data)
    pair.start_primary()

    pair.start_standby()

    assert len(set_aside(pair)) == 1
    pair.wait_until_caught_up()
    assert pair.standby.ask("SELECT count(*) FROM word") == "0"


def test_a_standby_of_another_database_is_set_aside(pair: Pair) -> None:
    pair.kill_standby()
    control = pair.standby.data / "global/pg_control"
    with Pair() as another:
        another.kill_primary()
        control.write_bytes((another.primary.data / "global/pg_control").read_bytes())

    pair.start_standby()

    assert len(set_aside(pair)) == 1
    pair.wait_until_caught_up()


def test_a_folder_with_something_else_in_it_is_set_aside(pair: Pair) -> None:
    pair.kill_standby()
    shutil.rmtree(pair.standby.data)
    pair.standby.data.mkdir()
    (pair.standby.data / "diary.txt").write_text("Dear diary")

    pair.start_standby()

    assert [(kept / "diary.txt").exists() for kept in set_aside(pair)] == [True]


def test_files_of_a_standby_become_those_of_the_primary(pair: Pair) -> None:
    """As the runbook says for a primary whose disk is gone."""
    write(pair, "answered")
    pair.kill_primary()
    pair.kill_standby()

    shutil.rmtree(pair.primary.data)
    pair.standby.data.rename(pair.primary.data)
    (pair.primary.data / "standby.signal").unlink()
    pair.start_primary()

    assert words(pair) == ["answered"]
    write(pair, "afterwards")
    pair.start_standby()
    pair.wait_until_caught_up()
    assert pair.standby.ask("SELECT count(*) FROM word") == "2"


def test_no_standby_without_a_primary_to_copy(pair: Pair) -> None:
    pair.kill_standby()
    shutil.rmtree(pair.standby.data)
    pair.kill_primary()

    with pytest.raises(CannotStart, match="postgres"):
        asyncio.run(pair.standby.get_ready())


def drop_slots(pair: Pair) -> list[list[str]]:
    replication.drop_slots_except(pair.primary, [])
    return pair.primary.ask_as_admin("SELECT slot_name FROM pg_replication_slots")


def set_aside(pair: Pair) -> list[Path]:
    return [*pair.standby.data.parent.glob("standby-1.aside-*")]
