"""What is known of a real standby, while it follows, stands still, dies and comes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from fairgate.lib.lsn import Lsn, lsn
from fairgate.replicas import watch as module
from fairgate.replicas.token import Token
from fairgate.replicas.watch import Watch
from fairgate.testing.pair import Pair
from fairgate.testing.waiting import wait_until

LONG_S = 30.0


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with Pair(is_synchronous=False) as started:
        yield started


@pytest.fixture
def watch(pair: Pair) -> Iterator[Watch]:
    pair.wait_until_caught_up()
    watch = Watch("replica1", pair.standby.url)
    wait_until(lambda: watch.covering(None, 0) is not None)
    return watch


def write(pair: Pair) -> Token:
    """Something new at the primary, and the position at which a replica has it."""
    with psycopg.connect(pair.primary.url, autocommit=True) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS wrote (at timestamptz)")
        conn.execute("INSERT INTO wrote VALUES (clock_timestamp())")
        row = conn.execute(
            "SELECT pg_walfile_name(pg_current_wal_flush_lsn()), pg_current_wal_flush_lsn()::text"
        ).fetchone()
    assert row
    return Token(int(row[0][:8], 16), lsn(row[1]))


def pause(pair: Pair, word: str) -> None:
    pair.standby.ask_as_admin(f"SELECT pg_wal_replay_{word}()")


def test_what_was_written_arrives(pair: Pair, watch: Watch) -> None:
    written = write(pair)

    has = watch.covering(written, LONG_S)

    assert has is not None
    assert written.is_in(has)


def test_a_replica_that_lags_is_not_waited_for(pair: Pair, watch: Watch) -> None:
    pause(pair, "pause")
    try:
        written = write(pair)

        assert watch.covering(written, 0.05) is None
        assert watch.covering(None, 0.05) is not None  # Who has seen nothing can read it.
    finally:
        pause(pair, "resume")
    assert watch.covering(written, LONG_S) is not None


def test_another_timeline_is_never_waited_for(watch: Watch) -> None:
    assert watch.covering(Token(99, Lsn(1)), LONG_S) is None


def test_one_that_lags_too_much_leaves_by_itself(pair: Pair, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LAG_S", 0.2)
    pause(pair, "pause")
    try:
        write(pair)
        wait_until(lambda: watch.covering(None, 0) is None)
    finally:
        pause(pair, "resume")
    wait_until(lambda: watch.covering(None, 0) is not None)


def test_one_that_was_cut_off_leaves_by_itself(pair: Pair, watch: Watch) -> None:
    """It answers, and cannot know how far it is behind."""
    pair.kill_primary()
    try:
        wait_until(lambda: watch.covering(None, 0) is None)
        assert pair.standby.ask("SELECT 1") == "1"
    finally:
        pair.start_primary()
    wait_until(lambda: watch.covering(None, 0) is not None)


def test_who_reads_from_one_that_stands_still_is_let_go(pair: Pair, watch: Watch) -> None:
    errors: list[psycopg.Error] = []
    conn = psycopg.connect(pair.standby.url, autocommit=True)

    def read() -> None:
        with watch.reading(conn.pgconn.socket):
            try:
                conn.execute("SELECT 1")
            except psycopg.OperationalError as error:
                errors.append(error)

    pair.pause_standby()
    try:
        reader = threading.Thread(target=read)
        reader.start()
        wait_until(lambda: watch.covering(None, 0) is None)
        reader.join(LONG_S)
    finally:
        pair.resume_standby()

    assert [type(error) for error in errors] == [psycopg.OperationalError]
    wait_until(lambda: watch.covering(None, 0) is not None)


def test_a_killed_one_is_away_until_it_is_back(pair: Pair, watch: Watch) -> None:
    pair.kill_standby()
    wait_until(lambda: watch.covering(None, 0) is None)

    pair.start_standby()

    wait_until(lambda: watch.covering(None, 0) is not None)


def test_nobody_waits_for_one_that_was_never_there() -> None:
    nowhere = Watch("replica1", "postgresql://nobody@127.0.0.1:1/none")

    assert nowhere.covering(None, LONG_S) is None
    assert nowhere.covering(Token(1, Lsn(1)), LONG_S) is None


def test_one_that_was_promoted_is_no_replica_any_more(pair: Pair) -> None:
    """The last of these tests."""
    promoted: list[bool] = []
    watch = Watch("replica1", pair.standby.url, lambda: promoted.append(True))
    wait_until(lambda: watch.covering(None, 0) is not None)
    pair.kill_primary()
    pair.promote()

    wait_until(lambda: watch.is_primary)

    assert watch.covering(None, 0) is None
    assert promoted == [True]
