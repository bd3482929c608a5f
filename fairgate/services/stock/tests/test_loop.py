"""What the stock process answers in its event loop, and what it leaves to Flask."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from fairgate.core.audit import find_differences
from fairgate.lib import asgi, env
from fairgate.lib.cookies import hold_cookie_name, kept_cookie_name
from fairgate.services.stock import create_app
from fairgate.services.stock import waiting as waits
from fairgate.services.stock.lane import Lane, Lanes
from fairgate.services.stock.loop import WithLoop
from fairgate.services.stock.tests.test_lane import locked, request_for
from fairgate.services.stock.tests.test_migrations import Stock
from fairgate.services.stock.waiting import Busy
from fairgate.stock.actions import resize_quota
from fairgate.stock.engine import Answer, HoldRequest, Outcome
from fairgate.stock.models import Hold
from fairgate.testing.cast import Concert
from fairgate.testing.loops import OnLoop
from fairgate.testing.waiting import wait_until

FORM = "/riverside/concert/holds/"


class Counting(Lanes):
    """Knows how often it was asked, and may be busy."""

    asked = 0
    is_busy = False

    async def ask(self, request: HoldRequest, *more: Any) -> Answer:
        self.asked += 1
        if self.is_busy:
            raise Busy
        return await super().ask(request, *more)

    def hold(self, request: HoldRequest) -> Answer:
        self.asked += 1
        return super().hold(request)


@pytest.fixture
def app(settings_here: env.Settings) -> Iterator[Flask]:
    app = create_app(settings_here)
    app.config["SELLER"] = Counting(app.config["STORE"].connect)
    yield app
    app.config["STORE"].close()


@pytest.fixture
def ben(app: Flask) -> Iterator[Client]:
    on_loop = OnLoop(WithLoop(app))
    yield Client(on_loop)
    on_loop.close()


def send(ben: Client, concert: Concert, quantity: str = "1", **headers: str) -> TestResponse:
    data = {f"quantity-{concert.free.pk}": quantity, "idempotency_key": "as good as any other key"}
    return ben.post(FORM, data=data, headers={name.replace("_", "-"): value for name, value in headers.items()})


def asked(app: Flask) -> int:
    count: int = app.config["SELLER"].asked
    return count


def test_the_form_leads_to_the_checkout_with_all_that_an_answer_has(ben: Client, concert: Concert) -> None:
    answer = send(ben, concert, X_Request_Id="0123456789abcdef")

    hold = Hold.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/checkout/{hold.pk}/")
    assert ben.get_cookie(hold_cookie_name(is_secure=False), path=f"/checkout/{hold.pk}/") is not None
    assert ben.get_cookie(kept_cookie_name(is_secure=False), path=FORM) is not None
    assert answer.headers["X-Request-Id"] == "0123456789abcdef"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_htmx_is_told_where_to_go(ben: Client, concert: Concert) -> None:
    answer = send(ben, concert, HX_Request="true")

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/checkout/{Hold.objects.get().pk}/")


def test_a_refusal_is_asked_for_once_and_told_on_a_page(ben: Client, app: Flask, concert: Concert) -> None:
    resize_quota(concert.quota, capacity=0, by=None)

    answer = send(ben, concert)

    assert (answer.status_code, "Sold out." in answer.text) == (409, True)
    assert asked(app) == 1


def test_who_is_too_many_finds_the_form_as_it_was(ben: Client, app: Flask, concert: Concert) -> None:
    app.config["SELLER"].is_busy = True

    answer = send(ben, concert, "2")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert f'name="quantity-{concert.free.pk}"' in answer.text
    assert asked(app) == 1


def test_who_chooses_again_has_the_new_places_only(ben: Client, concert: Concert) -> None:
    send(ben, concert)
    ben.post(FORM, data={f"quantity-{concert.free.pk}": "3"})

    concert.quota.refresh_from_db()
    assert concert.quota.taken == 3


def test_mallory_cannot_send_the_form_from_elsewhere(ben: Client, app: Flask, concert: Concert) -> None:
    answer = send(ben, concert, Sec_Fetch_Site="cross-site")

    assert answer.status_code == 403
    assert Hold.objects.count() == 0


@pytest.mark.parametrize("text", ["-1", "one", "1" * 300_000])
def test_rubbish_is_refused_on_a_page(ben: Client, concert: Concert, text: str) -> None:
    assert send(ben, concert, text).status_code == 422


def test_health_is_the_process_own_matter(app: Flask) -> None:
    sick = OnLoop(WithLoop(app, is_ready=lambda: False))

    assert Client(sick).get("/health/live").status_code == 200
    assert Client(sick).get("/health/ready").status_code == 503
    sick.close()


def test_who_hangs_up_in_the_middle_of_the_body_takes_nothing(app: Flask, concert: Concert) -> None:
    sent: list[object] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/shop/riverside/concert/holds",
        "headers": [(b"content-length", b"50"), (b"idempotency-key", b"k" * 16)],
    }

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    asyncio.run(WithLoop(app)(scope, receive, send))  # type: ignore[arg-type]

    assert (sent, asked(app)) == ([], 0)


def test_two_hundred_on_one_loop_race_for_a_hundred_places(app: Flask, concert: Concert) -> None:
    lanes = Lanes(app.config["STORE"].connect)

    async def rush() -> list[Answer]:
        return await asyncio.gather(*(lanes.ask(request_for(concert)) for _ in range(200)))

    assert Counter(answer.outcome for answer in asyncio.run(rush())) == {Outcome.HELD: 100, Outcome.SOLD_OUT: 100}
    assert find_differences() == []


def test_threads_and_loop_in_one_line(app: Flask, concert: Concert) -> None:
    lane = Lane(concert.event.pk, app.config["STORE"].connect)

    async def rush() -> list[Answer]:
        from_threads = (asyncio.to_thread(lane.hold, request_for(concert)) for _ in range(30))
        return await asyncio.gather(*from_threads, *(lane.ask(request_for(concert)) for _ in range(100)))

    assert Counter(answer.outcome for answer in asyncio.run(rush())) == {Outcome.HELD: 100, Outcome.SOLD_OUT: 30}


def test_patience_ends_in_the_loop_too(
    app: Flask, concert: Concert, settings_here: env.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waits, "PATIENCE_S", 0.2)
    lane = Lane(concert.event.pk, app.config["STORE"].connect)
    first, other = request_for(concert), request_for(concert)

    async def ask() -> list[Answer | BaseException]:
        ahead = asyncio.ensure_future(lane.ask(first))
        while lane._line or not lane._is_running:
            await asyncio.sleep(0.01)
        return await asyncio.gather(ahead, lane.ask(other), return_exceptions=True)

    with locked(concert, settings_here):
        got = asyncio.run(ask())
    wait_until(lambda: not lane._is_running)

    assert [type(one) for one in got] == [Busy, Busy]
    # The first was in a transaction, of which nobody could know; the other had not been taken from the line.
    assert (lane.hold(first).outcome, lane.hold(other).outcome) == (Outcome.REPEAT, Outcome.HELD)


def test_idle_connections_keep_nobody_out(settings_here: env.Settings) -> None:
    """A door keeps connections for each of its backends, and there may be several doors."""
    stock = Stock(settings_here.database_url)
    idle: list[socket.socket] = []
    try:
        wait_until(lambda: stock.status() == 200)
        for _ in range(600):
            one = socket.create_connection(("127.0.0.1", stock.port))
            one.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one.recv(4096).startswith(b"HTTP/1.1 200")
            idle.append(one)

        assert stock.status() == 200
    finally:
        for one in idle:
            one.close()
        stock.process.kill()
        stock.process.communicate()


@pytest.mark.parametrize(
    ("headers", "raw", "read"),
    [
        ([], b"not announced", b""),
        ([(b"content-length", b"3")], b"abcdef", b"abc"),
        ([(b"transfer-encoding", b"chunked")], b"abcdef", b"abcdef"),
        ([(b"content-length", b"100")], b"a" * 100, b"a" * 11),
    ],
)
def test_no_more_of_a_body_is_read_than_needed(headers: list[asgi.Header], raw: bytes, read: bytes) -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": raw, "more_body": False}

    assert asyncio.run(asgi.read_body({"headers": headers}, receive, most=10)) == read  # type: ignore[arg-type]
