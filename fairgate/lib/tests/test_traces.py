"""What is traced, what is told of it, and what happens to requests while nobody listens."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from fairgate.lib import logs, otel, statements, traces
from fairgate.lib.env import SettingsError, from_environment
from fairgate.lib.tests.otlp import receive
from fairgate.lib.traces import span
from fairgate.testing.waiting import free_port, wait_until

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
DOOR_ID = "3f0c9d3e-8f4f-4d21-9d43-1f4a5b6c7d8e"


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    # The SDK keeps what sends for ever, and starts its thread again in whatever is forked later: also in children of
    # other tests, and a process with threads may not enter a user namespace.
    monkeypatch.setattr(os, "register_at_fork", lambda **_: None)
    yield
    traces.stop()


def page(_environ: object, start: Any) -> list[bytes]:
    start("200 OK", [])
    logs.add_fact(route="/orders/<slug:code>/", buyer="ben@example.org")
    own = statements.current.get()
    assert own is not None
    own.add("SELECT code\n  FROM orders_order WHERE email = %s", 0.002)
    return [b"hello"]


def ask(request_id: str = DOOR_ID, **headers: str) -> bytes:
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/orders/SECRET1/", "QUERY_STRING": "who=ben@example.org",
        "HTTP_X_REQUEST_ID": request_id, **headers,
    }  # fmt: skip
    body = logs.RequestLog(page, "web")(environ, lambda *_: None)  # type: ignore[arg-type]
    try:
        return b"".join(body)
    finally:
        body.close()  # type: ignore[attr-defined]


def test_where_no_endpoint_is_named_nothing_is_loaded() -> None:
    code = (
        "import sys; from fairgate.lib import env, logs, traces\n"
        "traces.configure('web', env.settings().traced_share)\n"
        "assert logs.RequestLine('web', None, 'GET').span is None\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )

    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("environ", "share"),
    [
        ({}, 0),
        (ENDPOINT, 0.01),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://traces.example.org/v1/traces"}, 0.01),
        (ENDPOINT | {"OTEL_TRACES_SAMPLER_ARG": "0.5"}, 0.5),
        (ENDPOINT | {"OTEL_TRACES_SAMPLER_ARG": "0"}, 0),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, 0),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, 0),
    ],
)
def test_the_share_of_what_is_traced(environ: dict[str, str], share: float) -> None:
    assert otel.share(environ) == share


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
        ("OTEL_TRACES_SAMPLER_ARG", "1 %"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5"),
        ("OTEL_TRACES_SAMPLER_ARG", "nan"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name} must be .*\.$"):
        from_environment(_with(**ENDPOINT | {name: value}))


def test_an_endpoint_without_the_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otel, "find_spec", lambda _name: None)

    with pytest.raises(SettingsError, match=r"^OTEL_EXPORTER_OTLP_ENDPOINT is set, but .* install fairgate\[otel\]\.$"):
        from_environment(_with(**ENDPOINT))


def test_a_tenth_of_the_doors_ids_is_a_tenth() -> None:
    ids = [span.trace_id_of(str(uuid4())) for _ in range(20_000)]

    assert 0.08 < sum(span.randomness(one) >= span.threshold(0.1) for one in ids) / len(ids) < 0.12
    assert min(map(span.randomness, ids)) >= span.threshold(1.0)


@pytest.mark.parametrize(
    "text", ["", "chosen", "00-" + "0" * 32 + "-" + "1" * 16 + "-01", "00-" + "1" * 32 + "-" + "1" * 16 + "-00", "ff-"]
)
def test_a_parent_that_is_none(text: str) -> None:
    assert span.read(text) is None


@pytest.mark.parametrize(
    ("told", "ms_ago"), [("999000", 1000), ("1000500", 0), ("0", None), ("1e6", None), ("9" * 20, None), (None, None)]
)
def test_when_the_door_heard_of_it(told: str | None, ms_ago: int | None) -> None:
    now_ns = 1_000_000 * 1_000_000

    assert span.heard_at(told, now_ns) == (0 if ms_ago is None else now_ns - ms_ago * 1_000_000)


def test_a_request_is_told_with_the_door_and_its_statements(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with receive() as receiver, caplog.at_level(logging.INFO, "fairgate"):
        _configure(monkeypatch, receiver.port, share=1.0)
        heard_ms = span.time.time_ns() // 1_000_000 - 250
        ask(HTTP_X_REQUEST_START=str(heard_ms), HTTP_TRACEPARENT=f"00-{'a' * 32}-{'b' * 16}-01")
        traces.stop()

    its = {one.service if one.kind == "SERVER" else one.kind: one for one in receiver.spans}
    door, web, statement = its["fairgate-door"], its["fairgate-web"], its["CLIENT"]
    assert {one.trace_id for one in receiver.spans} == {DOOR_ID.replace("-", "")}
    assert [one.parent_id for one in (door, web, statement)] == ["", door.span_id, web.span_id]
    assert (door.began_ns, door.ended_ns) == (heard_ms * 1_000_000, web.ended_ns)
    assert web.name == "GET /orders/<slug:code>/"
    assert web.attributes == {
        "http.request.method": "GET", "http.route": "/orders/<slug:code>/", "http.response.status_code": 200,
        "fairgate.request_id": DOOR_ID,
    }  # fmt: skip
    assert statement.name == "SELECT orders_order"
    assert statement.attributes["db.query.text"] == "SELECT code FROM orders_order WHERE email = %s"
    assert 2_000_000 <= statement.ended_ns - statement.began_ns < 2_100_000
    assert not [mark for mark in (b"ben@", b"SECRET1") if mark in b"".join(receiver.bodies)]
    (line,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert line["trace_id"] == web.trace_id


def test_of_what_is_not_sampled_only_the_slow_is_told_and_of_that_a_few(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with receive() as receiver, caplog.at_level(logging.INFO, "fairgate"):
        _configure(monkeypatch, receiver.port, share=1e-12)
        ask("quick")
        monkeypatch.setitem(logs._own, "slow_ms", 0)
        for number in range(10):
            ask(f"slow-{number}")
        traces.stop()

    told = {one.attributes.get("fairgate.request_id") for one in receiver.spans} - {None}
    assert told == {"slow-0"}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["request_id"] for line in lines if "trace_id" in line} == {"slow-0"}


def test_work_that_several_share_is_part_of_one_and_linked_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    with receive() as receiver:
        _configure(monkeypatch, receiver.port, share=1.0)
        first, second = traces.begin(), traces.begin()
        assert first
        assert second
        batch = traces.shared([None, first, second])
        assert batch
        batch.end("hold batch", traces.INTERNAL, {"fairgate.requests": 3})
        traces.stop()

    (told,) = receiver.spans
    assert (told.trace_id, told.parent_id) == (first.trace_id, f"{first.place.span_id:016x}")
    assert told.links == ((second.trace_id, f"{second.place.span_id:016x}"),)


def test_while_nobody_listens_requests_go_on_and_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    port = free_port()
    _configure(monkeypatch, port, share=1.0)

    with caplog.at_level(logging.INFO):
        for rounds in (1, 2):
            assert ask() == b"hello"
            wait_until(lambda rounds=rounds: _lost() >= 2 * rounds, 20)  # type: ignore[misc]
        with receive(port) as receiver:
            ask()
            wait_until(lambda: "traces_go_out_again" in _events(caplog), 20)

    assert _events(caplog) == ["traces_are_lost", "traces_go_out_again"]
    assert {record.name for record in caplog.records} == {"fairgate"}
    assert [one.name for one in receiver.spans][-1] == "GET /orders/<slug:code>/"


def _configure(monkeypatch: pytest.MonkeyPatch, port: int, share: float) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    traces.configure("web", share)


def _lost() -> int:
    return traces._sink.telling.lost  # type: ignore[union-attr]


def _events(caplog: pytest.LogCaptureFixture) -> list[str]:
    said = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    return [str(one["event"]) for one in said if str(one["event"]).startswith("traces_")]


def _with(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | more
