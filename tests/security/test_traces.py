"""A purchase as OpenTelemetry tells it: one story over all processes, and nobody's name in it."""

from __future__ import annotations

import re
from uuid import uuid4

from fairgate.lib.tests.otlp import Received
from fairgate.testing.waiting import wait_until
from tests.asking import Client
from tests.ben import buy, hold, order
from tests.installed import Installed
from tests.olga import OnSale


def test_an_order_can_be_followed_from_the_door_to_its_mail(ben: Client, installed: Installed, event: OnSale) -> None:
    trace_id = _trace_of(buy(ben, event).answer.headers["X-Request-Id"])

    wait_until(lambda: _tasks(installed, trace_id), 30, "the task was not told")

    (door,) = _of(installed, trace_id, "fairgate-door")
    (web,) = (span for span in _of(installed, trace_id, "fairgate-web") if span.kind == "SERVER")
    route = "POST /api/v1/shop/holds/<uuid:hold>/order"
    assert [(span.name, span.parent_id) for span in (door, web)] == [(route, ""), (route, door.span_id)]
    assert door.began_ns <= web.began_ns < web.ended_ns == door.ended_ns
    (placed,) = (span for span in _of(installed, trace_id, "fairgate-web") if span.name == "SELECT orders_place")
    assert (placed.parent_id, placed.attributes["db.system.name"]) == (web.span_id, "postgresql")
    assert web.began_ns <= placed.began_ns < placed.ended_ns <= web.ended_ns

    (task,) = _tasks(installed, trace_id)
    # Each process sends what it has in its own time.
    wait_until(lambda: installed.traces.of_span(task.parent_id), 30, "the hint was not told")
    (hint,) = installed.traces.of_span(task.parent_id)
    assert (hint.service, hint.links) == ("fairgate-relay", (web.place,))
    assert (hint.name, task.trace_id, task.parent_id) == ("hint effects", hint.trace_id, hint.span_id)
    assert task.trace_id != trace_id
    assert web.place in task.links
    assert task.attributes["fairgate.request_id"] == web.attributes["fairgate.request_id"]
    below = {span.name: span for span in _below(installed, task)}
    order, mail = below["SELECT orders_order"], below["send mail"]
    assert task.began_ns <= order.began_ns < order.ended_ns <= mail.began_ns < mail.ended_ns <= task.ended_ns


def test_a_hold_is_told_with_the_transaction_that_it_shares(ben: Client, installed: Installed, event: OnSale) -> None:
    trace_id = _trace_of(hold(ben, event).headers["X-Request-Id"])

    wait_until(lambda: len(_of(installed, trace_id, "fairgate-stock")) >= 3, 30, "the hold was not told")

    told = {span.name: span for span in _of(installed, trace_id, "fairgate-stock")}
    asked, batch = told["POST /api/v1/shop/<organizer>/<event>/holds"], told["hold batch"]
    assert (batch.parent_id, batch.attributes) == (asked.span_id, {"fairgate.requests": 1})
    assert told["SELECT stock_hold_places"].parent_id == batch.span_id


def test_the_lines_of_a_request_name_its_trace(ben: Client, installed: Installed, event: OnSale) -> None:
    request_id = buy(ben, event).answer.headers["X-Request-Id"]
    installed.drain()

    def services() -> set[str]:
        return {line["service"] for line in installed.log_lines() if line.get("request_id") == request_id}

    wait_until(lambda: services() >= {"web", "worker"}, 30, "a line is missing")
    lines = [line for line in installed.log_lines() if line.get("request_id") == request_id]

    of_web = {(line["event"], line["trace_id"]) for line in lines if line["service"] == "web"}
    assert of_web == {("request", _trace_of(request_id)), ("slow_request", _trace_of(request_id))}


def test_no_span_holds_a_secret_or_a_person(installed: Installed, event: OnSale) -> None:
    email, name = f"traced-{uuid4().hex[:10]}@person.example", "Tracednameofben"
    with Client(installed.port) as client:
        held = hold(client, event).json
        order(client, held, email=email + "\x00", name=name)
        placed = order(client, held, email=email, name=name)
        page = f"/orders/{placed.json['code']}/{placed.json['secret']}/"
        client.get(f"{page}?who={email}")
        client.get(f"/{name}/{email}/")
        client.submit("/tickets/", email=email)
        last = client.get("/tickets/").headers["X-Request-Id"]
    installed.drain()
    wait_until(lambda: _tasks(installed, _trace_of(placed.headers["X-Request-Id"])), 30)
    wait_until(lambda: installed.traces.of_trace(_trace_of(last)), 30)

    everything = b"".join(installed.traces.bodies).decode(errors="replace")

    marks = {
        "email": email, "name": name, "hold secret": held["secret"], "order secret": placed.json["secret"],
        "code": placed.json["code"], "ticket": placed.json["tickets"][0]["code"],
    }  # fmt: skip
    assert [mark for mark, text in marks.items() if text in everything] == []
    assert re.findall(r"[\w.+-]+@[\w-]+\.(?:example|org)", everything) == []


def _trace_of(request_id: str) -> str:
    return request_id.replace("-", "")


def _of(installed: Installed, trace_id: str, service: str) -> list[Received]:
    return [span for span in installed.traces.of_trace(trace_id) if span.service == service]


def _below(installed: Installed, above: Received) -> list[Received]:
    return [span for span in installed.traces.of_trace(above.trace_id) if span.parent_id == above.span_id]


def _tasks(installed: Installed, trace_id: str) -> list[Received]:
    """What the worker did because of that order."""
    origins = {span.place for span in installed.traces.of_trace(trace_id)}
    return [
        span for span in [*installed.traces.spans] if span.name == "outbox.run order_placed" and origins & {*span.links}
    ]
