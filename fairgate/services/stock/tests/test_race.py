"""Many buyers at once, on real connections: never more than there is, never fewer than could be."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import connection
from flask import Flask

from fairgate.core.audit import find_differences
from fairgate.events.models import TicketType
from fairgate.lib import env
from fairgate.services.stock import create_app, single
from fairgate.services.stock.lane import Lane
from fairgate.services.stock.waiting import Busy
from fairgate.stock import engine
from fairgate.stock.engine import Answer, HoldRequest, Item, Outcome
from fairgate.stock.models import Draw, Hold, Quota
from fairgate.testing.cast import Concert
from fairgate.testing.waiting import wait_until

BUYERS = 200


def request_for(concert: Concert, quantity: int = 1, key: str = "") -> HoldRequest:
    wanted = (Item(concert.free.pk, quantity),)
    return HoldRequest(concert.event.pk, wanted, engine.digest(key or str(uuid.uuid4())), engine.digest(str(quantity)))


def rush(work: Callable[[int], Any], buyers: int = BUYERS) -> list[Any]:
    start = threading.Barrier(buyers)

    def go(number: int) -> Any:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(buyers) as pool:
        return list(pool.map(go, range(buyers)))


def test_two_hundred_buyers_race_for_a_hundred_places(app: Flask, concert: Concert) -> None:
    seller = app.config["SELLER"]

    got = rush(lambda _number: seller.hold(request_for(concert)).outcome)

    assert Counter(got) == {Outcome.HELD: 100, Outcome.SOLD_OUT: 100}
    assert find_differences() == []


def test_one_key_from_many_threads_is_one_hold(app: Flask, concert: Concert) -> None:
    seller = app.config["SELLER"]

    got = rush(lambda _number: seller.hold(request_for(concert, key="one and the same")), buyers=40)

    assert len({answer.hold for answer in got}) == 1
    assert Counter(answer.outcome for answer in got) == {Outcome.HELD: 1, Outcome.REPEAT: 39}
    concert.quota.refresh_from_db()
    assert concert.quota.taken == 1


def test_two_lanes_for_one_event_are_never_wrong(app: Flask, concert: Concert) -> None:
    lanes = [Lane(concert.event.pk, app.config["STORE"].connect) for _ in range(2)]

    got = rush(lambda number: lanes[number % 2].hold(request_for(concert)).outcome)

    assert Counter(got) == {Outcome.HELD: 100, Outcome.SOLD_OUT: 100}
    assert find_differences() == []


def test_deadlock_free_over_quotas_in_any_order(app: Flask, concert: Concert) -> None:
    types = []
    for number in range(4):
        quota = Quota.objects.create(event=concert.event, session=concert.session, name=f"Q{number}", capacity=60)
        ticket_type = TicketType.objects.create(event=concert.event, session=concert.session, name=f"T{number}")
        Draw.objects.create(ticket_type=ticket_type, quota=quota)
        types.append(ticket_type.pk)
    lanes = [Lane(concert.event.pk, app.config["STORE"].connect) for _ in range(4)]

    def work(number: int) -> Outcome:
        chosen = (types[number % 4], types[(number + 1 + number // 4 % 3) % 4])
        wanted = tuple(Item(ticket_type, 1) for ticket_type in chosen)
        key = engine.digest(str(uuid.uuid4()))
        return lanes[number % 4].hold(HoldRequest(concert.event.pk, wanted, key, key)).outcome

    got = rush(work, buyers=160)

    assert set(got) <= {Outcome.HELD, Outcome.SOLD_OUT}
    assert find_differences() == []


def test_hold_released_and_expired_at_once_gives_back_once(app: Flask, concert: Concert) -> None:
    store = app.config["STORE"]
    holds = [app.config["SELLER"].hold(request_for(concert)).hold for _ in range(20)]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stock_hold SET expires_at = now()")

    def work(number: int) -> None:
        with store.connect() as conn:
            if number % 2:
                conn.execute("SELECT stock_expire_holds(100)")
            else:
                engine.release_hold(conn, holds[number // 2])

    rush(work, buyers=40)
    with store.connect() as conn:
        conn.execute("SELECT stock_expire_holds(100)")

    concert.quota.refresh_from_db()
    assert concert.quota.taken == 0
    assert find_differences() == []


class Severed:
    """Connections of which the first so many are cut by the server after the batch, before its answer is used."""

    def __init__(self, connect: Any, cuts: int) -> None:
        self._connect = connect
        self.cuts = cuts

    def __call__(self) -> Any:
        from contextlib import contextmanager

        @contextmanager
        def severed() -> Any:
            with self._connect() as conn:
                yield conn
                if self.cuts > 0:
                    self.cuts -= 1
                    raise psycopg.OperationalError("server closed the connection unexpectedly")

        return severed()


def test_answer_lost_at_commit_is_asked_for_again(app: Flask, concert: Concert) -> None:
    lane = Lane(concert.event.pk, Severed(app.config["STORE"].connect, cuts=1))

    answer = lane.hold(request_for(concert))

    assert answer.outcome == Outcome.REPEAT
    assert Hold.objects.count() == 1


def test_database_that_stays_away_is_busy_and_the_lane_lives_on(app: Flask, concert: Concert) -> None:
    severed = Severed(app.config["STORE"].connect, cuts=3)
    lane = Lane(concert.event.pk, severed)

    with pytest.raises(Busy):
        lane.hold(request_for(concert, key="patience"))

    assert lane.hold(request_for(concert, key="patience")).outcome == Outcome.REPEAT


class Torn(Lane):
    """For the first batch of several, another lane was granting the same keys; then no connection was to be had."""

    calls = 0

    def _transact(self, requests: list[HoldRequest]) -> list[Answer]:
        self.calls += 1
        if self.calls == 1:
            time.sleep(0.3)  # So that others gather meanwhile.
        if self.calls == 3:
            raise Busy
        answers = super()._transact(requests)
        return [replace(answer, outcome=Outcome.AGAIN) for answer in answers] if self.calls == 2 else answers


def test_nobody_outside_the_lane_is_told_to_ask_again(app: Flask, concert: Concert) -> None:
    lane = Torn(concert.event.pk, app.config["STORE"].connect)

    def work(_number: int) -> str:
        try:
            return lane.hold(request_for(concert)).outcome
        except Busy:
            return "refused"

    with ThreadPoolExecutor(1) as ahead:
        first = ahead.submit(work, 0)
        wait_until(lambda: lane.calls == 1)
        got = rush(work, buyers=19)

    assert first.result() == Outcome.HELD
    assert set(got) <= {Outcome.HELD, "refused"}
    assert "refused" in got


def test_one_bad_request_does_not_fail_its_neighbors(app: Flask, concert: Concert) -> None:
    lane = Lane(concert.event.pk, app.config["STORE"].connect)
    twice = HoldRequest(
        concert.event.pk, (Item(concert.free.pk, 1), Item(concert.free.pk, 1)), uuid.uuid4(), uuid.uuid4()
    )

    def work(number: int) -> str:
        try:
            return lane.hold(twice if number == 7 else request_for(concert)).outcome
        except Busy:
            return "refused"

    got = rush(work, buyers=30)

    assert Counter(got) == {Outcome.HELD: 29, "refused": 1}
    assert find_differences() == []


def test_without_lanes_four_requests_a_quota_run_at_a_time(settings_here: env.Settings, concert: Concert) -> None:
    """Four slots are taken by others: who comes then is told to come again, and another quota is not concerned."""
    other = Quota.objects.create(event=concert.event, session=concert.session, name="Balcony", capacity=10)
    elsewhere = TicketType.objects.create(event=concert.event, session=concert.session, name="Balcony")
    Draw.objects.create(ticket_type=elsewhere, quota=other)
    app = create_app(settings_here, with_lanes=False)
    key = uuid.uuid4()
    try:
        with psycopg.connect(settings_here.database_url) as conn:
            for slot in range(single.SLOTS):
                conn.execute(single.TAKE_SLOTS, (slot, [concert.free.pk]))
            with pytest.raises(Busy):
                app.config["SELLER"].hold(request_for(concert))
            wanted = HoldRequest(concert.event.pk, (Item(elsewhere.pk, 1),), key, key)
            assert app.config["SELLER"].hold(wanted).outcome == Outcome.HELD
        assert app.config["SELLER"].hold(request_for(concert)).outcome == Outcome.HELD
    finally:
        app.config["STORE"].close()
