"""What took too long has a line of its own, with its statements."""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from fairgate.lib import logs, statements
from fairgate.lib.logs import RequestLog


@pytest.fixture
def everything_is_slow(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    monkeypatch.setitem(logs._own, "slow_ms", 0)
    with caplog.at_level(logging.INFO, "fairgate"):
        yield


def page(_environ: object, start: Any) -> list[bytes]:
    start("200 OK", [])
    logs.add_fact(route="/hello/")
    own = statements.current.get()
    assert own is not None
    own.add("SELECT 1 WHERE %s", 0.25)
    return [b"hello"]


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    body = RequestLog(page, "web")(  # type: ignore[arg-type]
        {"PATH_INFO": "/hello/", "REQUEST_METHOD": "GET", "HTTP_X_REQUEST_ID": "abc"}, lambda *_: None
    )
    body.close()  # type: ignore[attr-defined]
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("everything_is_slow")
def test_a_slow_request_has_a_second_line_with_its_statements(capsys: pytest.CaptureFixture[str]) -> None:
    usual, slow = lines_of(capsys)

    assert (usual["event"], usual["level"], usual["queries"], "statements" in usual) == ("request", "info", 1, False)
    assert (slow["event"], slow["level"], slow["route"]) == ("slow_request", "warning", "/hello/")
    assert (slow["request_id"], slow["sql_ms"]) == ("abc", 250.0)
    assert slow["statements"] == [{"sql": "SELECT 1 WHERE %s", "count": 1, "ms": 250.0}]


def test_a_quick_request_has_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(logs._own, "slow_ms", math.inf)
    with caplog.at_level(logging.INFO, "fairgate"):
        assert [line["event"] for line in lines_of(capsys)] == ["request"]


@pytest.mark.usefixtures("everything_is_slow")
def test_a_slow_request_is_told_where_requests_are_not(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING, "fairgate")

    assert [line["event"] for line in lines_of(capsys)] == ["slow_request"]


@pytest.mark.usefixtures("everything_is_slow")
def test_what_many_requests_share_names_them(caplog: pytest.LogCaptureFixture) -> None:
    before = statements.current.get()

    with logs.watch("slow_batch", requests=2, request_ids=["abc", "def"]) as own:
        own.add("SELECT 1", 0.1)

    assert statements.current.get() is before
    (told,) = [record.msg for record in caplog.records if "slow_batch" in str(record.msg)]
    assert (told["requests"], told["request_ids"], told["queries"]) == (2, ["abc", "def"], 1)  # type: ignore[index]
    assert told["statements"][0]["sql"] == "SELECT 1"  # type: ignore[index]


def test_an_error_is_told_without_what_a_person_typed() -> None:
    def told(error: Exception) -> object:
        return logs._format_exception(None, "", {"exc_info": error})["error"]

    with psycopg.connect(os.environ["FAIRGATE_DATABASE_URL"]) as connection:
        with pytest.raises(psycopg.DataError) as unreadable:
            connection.execute("SELECT %s::int", ["Ben Buyer"])
        connection.rollback()
        with pytest.raises(psycopg.Error) as missing:
            connection.execute("SELECT 1 FROM nowhere")

    assert told(unreadable.value) == "InvalidTextRepresentation: SQLSTATE 22P02"
    assert told(missing.value) == 'UndefinedTable: relation "nowhere" does not exist'
    assert told(ValueError("refused: <ben@example.org>, twice")) == "ValueError: refused: <(address)>, twice"
