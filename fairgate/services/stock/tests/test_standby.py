"""With a synchronous standby: what was answered is there after the primary is lost, and selling goes on."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from flask import Flask

from fairgate.lib import env
from fairgate.services.stock import create_app
from fairgate.services.stock.store import Store
from fairgate.services.stock.waiting import Busy
from fairgate.stock import engine
from fairgate.stock.engine import Answer, HoldRequest, Item, Outcome
from fairgate.testing.pair import Pair
from fairgate.testing.waiting import wait_until

CONCERT = """
from fairgate.testing.cast import make_concert, make_organizer
concert = make_concert(make_organizer("riverside"))
print(concert.event.pk, concert.free.pk)
"""


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Pair() as started:
        started.migrate()
        yield started


@pytest.fixture
def concert(pair: Pair) -> tuple[int, int]:
    event, ticket_type = map(int, pair.manage("shell", "--no-imports", "--command", CONCERT).split())
    return event, ticket_type


@pytest.fixture(params=["lanes", "single"])
def app(request: pytest.FixtureRequest, pair: Pair) -> Iterator[Flask]:
    app = create_app(replace(env.settings(), database_url=pair.url), with_lanes=request.param == "lanes")
    yield app
    app.config["STORE"].close()


def request_for(concert: tuple[int, int], key: str) -> HoldRequest:
    event, ticket_type = concert
    return HoldRequest(event, (Item(ticket_type, 1),), engine.digest(key), engine.digest("1"))


def holds(pair: Pair) -> list[uuid.UUID]:
    with psycopg.connect(pair.url) as conn:
        return [hold for (hold,) in conn.execute("SELECT id FROM stock_hold")]


def port(conn: psycopg.Connection[Any]) -> Any:
    return conn.execute("SELECT inet_server_port()").fetchone()


def test_a_hold_whose_wait_was_canceled_is_answered_when_the_standby_has_it(
    pair: Pair, app: Flask, concert: tuple[int, int]
) -> None:
    answers: list[Answer] = []
    pair.pause_standby()
    asking = threading.Thread(target=lambda: answers.append(app.config["SELLER"].hold(request_for(concert, "one"))))
    asking.start()

    pair.cancel_commit()
    pair.wait_for_commit()
    unanswered = asking.is_alive() and not answers
    pair.resume_standby()
    asking.join(30)
    pair.kill_primary()
    pair.promote()

    assert unanswered
    assert [answer.outcome for answer in answers] == [Outcome.REPEAT]
    assert holds(pair) == [answers[0].hold]


def test_selling_goes_on_where_the_standby_was_promoted(pair: Pair, app: Flask, concert: tuple[int, int]) -> None:
    seller = app.config["SELLER"]
    before = seller.hold(request_for(concert, "one"))
    pair.kill_primary()
    pair.promote()

    def sold() -> Answer | None:
        try:
            return seller.hold(request_for(concert, "another"))  # type: ignore[no-any-return]
        except Busy:
            return None

    wait_until(sold)

    assert seller.hold(request_for(concert, "one")).hold == before.hold
    assert len(holds(pair)) == 2


def test_one_lost_connection_is_the_end_of_all(pair: Pair) -> None:
    """Otherwise each of the pool would fail one request of its own."""
    store = Store(pair.url, max_size=6)
    together = threading.Barrier(6)

    def use(conn: psycopg.Connection[Any]) -> None:
        together.wait(10)

    threads = [threading.Thread(target=store.ask, args=(use,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pair.kill_primary()
    pair.promote()

    failures = 0
    while True:
        try:
            with store.connect() as conn:
                answered_by = port(conn)
                break
        except (psycopg.OperationalError, Busy):
            failures += 1
    store.close()

    assert failures == 1
    assert answered_by == (pair.standby.port,)
