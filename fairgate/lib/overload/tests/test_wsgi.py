"""A turn begins before the app and ends with its answer, however that ends."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from fairgate.lib.overload.wsgi import WithTurns

Environ = dict[str, Any]


def refuse(_environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("503 Service Unavailable", [])
    return [b"busy"]


def start_response(_status: str, _headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], object]:
    return lambda _data: None


def test_a_turn_lasts_until_the_answer_is_closed() -> None:
    app = WithTurns(lambda _environ, _start: [b"hello"], 8, refuse)

    answer = app({}, start_response)
    while_read = app.turns.at_work
    body = b"".join(answer)
    answer.close()  # type: ignore[attr-defined]

    assert (while_read, body, app.turns.at_work) == (1, b"hello", 0)


def test_what_the_app_closes_is_closed_within_the_turn() -> None:
    class Streamed:
        at_work_when_closed = 0

        def __iter__(self) -> Iterator[bytes]:
            return iter([b"row"])

        def close(self) -> None:
            Streamed.at_work_when_closed = app.turns.at_work

    app = WithTurns(lambda _environ, _start: Streamed(), 8, refuse)

    app({}, start_response).close()  # type: ignore[attr-defined]

    assert (Streamed.at_work_when_closed, app.turns.at_work) == (1, 0)


def test_an_app_that_fails_gives_its_turn_back() -> None:
    def fail(_environ: Environ, _start: Any) -> Iterable[bytes]:
        raise ValueError("broken")

    app = WithTurns(fail, 8, refuse)

    with pytest.raises(ValueError, match="broken"):
        app({}, start_response)

    assert app.turns.at_work == 0


def test_an_answer_that_the_server_forgets_gives_its_turn_back() -> None:
    app = WithTurns(lambda _environ, _start: [b"hello"], 8, refuse)

    app({}, start_response)
    gc.collect()

    assert app.turns.at_work == 0


def test_who_has_waited_too_long_is_refused_before_the_app_is_asked() -> None:
    asked: list[str] = []
    app = WithTurns(lambda environ, _start: asked.append(environ["PATH_INFO"]) or [b""], 8, refuse)
    now_ms = round(time.time() * 1000)

    app({"PATH_INFO": "/quick/", "HTTP_X_REQUEST_START": str(now_ms)}, start_response)
    late = {"HTTP_X_REQUEST_START": str(now_ms - 7000)}
    looks = app({"PATH_INFO": "/looks/", **late}, start_response)
    app({"PATH_INFO": "/pays/", "HTTP_X_REQUEST_RANK": "pays", **late}, start_response)

    assert b"".join(looks) == b"busy"
    assert asked == ["/quick/", "/pays/"]
