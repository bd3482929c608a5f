"""Many buyers at once for numbered seats: each seat is had once, and none is left while somebody asks."""

from __future__ import annotations

import uuid
from collections import Counter

from flask import Flask

from fairgate.core.audit import find_differences
from fairgate.services.stock.lane import Lane
from fairgate.services.stock.tests.seating import ask, item, make_reduced
from fairgate.services.stock.tests.test_race import rush
from fairgate.stock import engine
from fairgate.stock.engine import Answer, HoldRequest, Item, Outcome
from fairgate.stock.models import Seat, SeatTaken
from fairgate.testing.cast import Concert, make_stalls


def test_two_buyers_choose_the_same_seat_at_once(app: Flask, concert: Concert) -> None:
    stalls = make_stalls(concert)
    (wanted,) = Seat.objects.filter(row="B", number="3").values_list("pk", flat=True)

    asked = item(stalls, "B3")

    got = rush(lambda _number: ask(app.test_client(), asked).status_code, buyers=2)

    assert Counter(got) == {201: 1, 409: 1}
    assert list(SeatTaken.objects.values_list("seat_id", flat=True)) == [wanted]
    assert find_differences() == []


def test_sixty_buyers_get_the_best_of_forty_seats_each_once(app: Flask, concert: Concert) -> None:
    stalls = make_stalls(concert, rows="ABCD")
    seller = app.config["SELLER"]

    def work(_number: int) -> Answer:
        key = engine.digest(str(uuid.uuid4()))
        return seller.hold(HoldRequest(concert.event.pk, (Item(stalls.pk, 1),), key, key))

    got = rush(work, buyers=60)

    assert Counter(answer.outcome for answer in got) == {Outcome.HELD: 40, Outcome.SOLD_OUT: 20}
    assert len({seat for answer in got for seat in answer.items[0].seats or ()}) == 40
    assert find_differences() == []


def test_seats_chosen_and_best_available_at_once_are_each_had_once(app: Flask, concert: Concert) -> None:
    stalls = make_stalls(concert)
    reduced = make_reduced(stalls)
    seats = list(Seat.objects.order_by("rank", "place").values_list("pk", flat=True))
    lanes = [Lane(concert.event.pk, app.config["STORE"].connect) for _ in range(2)]

    def work(number: int) -> Answer:
        key = engine.digest(str(uuid.uuid4()))
        pair = (seats[number % 29], seats[number % 29 + 1]) if number % 2 else ()
        kind = stalls if number % 3 else reduced
        return lanes[number % 2].hold(HoldRequest(concert.event.pk, (Item(kind.pk, 2, pair),), key, key))

    got = rush(work, buyers=60)

    had = [seat for answer in got if answer.outcome == Outcome.HELD for seat in answer.items[0].seats or ()]
    assert {answer.outcome for answer in got} <= {Outcome.HELD, Outcome.SEAT_TAKEN, Outcome.SOLD_OUT}
    assert len(had) == len(set(had)) == SeatTaken.objects.count()
    assert find_differences() == []
