from __future__ import annotations

import os

import psycopg
import pytest

from fairgate.lib import statements
from fairgate.lib.statements import LONGEST_TEXT, MOST_TEXTS, MOST_TOLD, OTHERS, Statements, TimedCursor


def test_the_slowest_statement_is_told_first_and_each_once() -> None:
    own = Statements()
    for seconds in (0.001, 0.002):
        own.add("SELECT 1\n  FROM a", seconds)
    own.add("SELECT 2", 0.5)

    assert own.told() == [
        {"sql": "SELECT 2", "count": 1, "ms": 500.0},
        {"sql": "SELECT 1 FROM a", "count": 2, "ms": 3.0},
    ]


def test_what_is_told_is_bounded() -> None:
    own = Statements()
    for number in range(10 * MOST_TEXTS):
        own.add(f"SELECT {number} {'x' * LONGEST_TEXT}", 0.001)

    told = own.told()

    assert (own.count, len(told)) == (10 * MOST_TEXTS, MOST_TOLD)
    assert (told[0]["sql"], told[0]["count"]) == (OTHERS, 9 * MOST_TEXTS)
    assert max(len(str(one["sql"])) for one in told) == LONGEST_TEXT


def test_a_cursor_tells_the_text_and_never_what_is_in_it() -> None:
    own = Statements()
    token = statements.current.set(own)
    try:
        with psycopg.connect(os.environ["FAIRGATE_DATABASE_URL"], cursor_factory=TimedCursor) as connection:
            connection.execute("SELECT %s, pg_sleep(0.01)", ["ben@example.org"])
            connection.cursor().executemany("SELECT %s", [["Ben"], ["Olga"]])
            with pytest.raises(psycopg.Error):
                connection.execute("SELECT %s::int", ["ben"])
    finally:
        statements.current.reset(token)

    texts = [str(one["sql"]) for one in own.told()]
    assert texts[0] == "SELECT %s, pg_sleep(0.01)"
    assert {*texts} == {"SELECT %s, pg_sleep(0.01)", "SELECT %s", "SELECT %s::int"}
