"""What buyers do, without a network: their requests are read, and answered by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fairgate.rehearsal.arrivals import arrivals
from fairgate.rehearsal.buyers import buyer
from fairgate.rehearsal.engine import Ask
from fairgate.rehearsal.fates import Fate
from fairgate.rehearsal.habits import HABITS, Habits, Offer, choose_seats
from fairgate.rehearsal.visitor import Shop
from fairgate.rehearsal.wire import Address, Answer

OFFER = Offer(ticket_type=11, session=1, places=100, least=1, most=4, payment="free")
SHOP = Shop(Address("127.0.0.1", 8000, "tickets.example.org"), "rehearsal-1", "rush", [OFFER])
# Nobody does anything out of the ordinary.
PLAIN = replace(HABITS, programs=0, double_clicks=0, reloads=0, leave=0, give_back=0, look_again=0, baskets=(0, 1))
HELD = Answer(
    303, b"HTTP/1.1 303 See Other\r\nLocation: /checkout/h1/\r\nSet-Cookie: fairgate_hold=s; Path=/checkout/h1/"
)
ORDERED = Answer(302, b"HTTP/1.1 302 Found\r\nLocation: /orders/CODE/secret/")
PAGE = Answer(200)


def test_a_buyer_goes_from_the_page_to_her_order() -> None:
    fate, asked, _pauses = _play(PLAIN, [PAGE, HELD, PAGE, ORDERED, PAGE])

    assert [request.split(b" HTTP")[0] for request in asked] == [
        b"GET /rehearsal-1/rush/",
        b"POST /rehearsal-1/rush/holds/",
        b"GET /checkout/h1/",
        b"POST /checkout/h1/",
        b"GET /orders/CODE/secret/",
    ]
    assert b"Cookie: fairgate_hold=s\r\n" in asked[2]
    assert b"Cookie" not in asked[4]
    assert b"Host: tickets.example.org\r\n" in asked[0]
    assert b"ben5%40rehearsal.invalid" in asked[3]
    assert (fate.outcome, fate.hold, fate.order, fate.places) == ("bought", "h1", "CODE", 2)


def test_who_is_told_to_wait_comes_again_with_the_same_request_and_not_before() -> None:
    busy = Answer(503, b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7")

    fate, asked, pauses = _play(PLAIN, [PAGE, busy, HELD, PAGE, ORDERED, PAGE])

    assert asked[1] == asked[2]
    assert 7 < pauses[1] < 7 * 1.5 + 6 * PLAIN.pause
    assert fate.outcome == "bought"


def test_who_is_told_to_wait_again_and_again_gives_up() -> None:
    busy = Answer(429, b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1")

    fate, asked, _pauses = _play(PLAIN, [PAGE, *[busy] * 20])

    assert fate.outcome == "busy"
    assert len(asked) == 1 + PLAIN.tries


def test_who_wanted_two_takes_one_and_then_leaves() -> None:
    taken = Answer(409)

    fate, asked, _pauses = _play(PLAIN, [PAGE, taken, taken])

    assert [request.rpartition(b"\r\n")[2].partition(b"&")[0] for request in asked[1:]] == [
        b"quantity-11=2",
        b"quantity-11=1",
    ]
    assert (fate.outcome, [wanted for *_times, wanted in fate.turned]) == ("sold out", [2, 1])


def test_a_program_speaks_the_api() -> None:
    held = Answer(201, body=b'{"hold": "h1", "secret": "s"}')
    placed = Answer(201, body=b'{"code": "CODE"}')

    fate, asked, _pauses = _play(replace(PLAIN, programs=1), [PAGE, held, placed])

    assert [request.split(b" HTTP")[0] for request in asked] == [
        b"GET /api/v1/shop/rehearsal-1/rush",
        b"POST /api/v1/shop/rehearsal-1/rush/holds",
        b"POST /api/v1/shop/holds/h1/order",
    ]
    assert b"Fairgate-Secret: s\r\n" in asked[2]
    assert fate.order == "CODE"


def test_an_answer_that_nobody_expects_ends_it() -> None:
    fate, _asked, _pauses = _play(PLAIN, [PAGE, Answer(404)])

    assert fate.outcome == "refused"


def test_seats_are_chosen_side_by_side_among_those_that_are_free() -> None:
    rows = [[(1, 1), (2, 2), (3, 4), (4, 5)], [(5, 1), (6, 2), (7, 3)]]
    offer = replace(OFFER, rows=rows)

    chosen = {tuple(choose_seats(random.Random(seed), offer, {6}, 2)) for seed in range(50)}

    assert chosen == {(1, 2), (3, 4)}
    assert choose_seats(random.Random(1), offer, {1, 2, 3, 4, 5, 6}, 3) == [7]
    assert choose_seats(random.Random(1), offer, {1, 2, 3, 4, 5, 6, 7}, 1) == []


@given(st.integers(1, 400), st.floats(1, 600), st.none() | st.floats(0.5, 500), st.integers(0, 1000))
def test_everybody_comes_in_time_and_no_faster_than_the_rate(
    buyers: int, seconds: float, rate: float | None, seed: int
) -> None:
    times = arrivals(buyers, seconds, rate, seed)

    assert len(times) == buyers
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= seconds + (buyers / rate if rate else 0)
    if rate:
        assert all(after - before >= 0.999 / rate for before, after in pairwise(times))


def test_most_come_at_the_opening() -> None:
    times = arrivals(10_000, 200, None, seed=1)

    soon = sum(at <= 20 for at in times)
    late = sum(at > 100 for at in times)
    assert soon > 5_000
    assert 0 < late < 1_000


def _play(habits: Habits, answers: list[Answer]) -> tuple[Fate, list[bytes], list[float]]:
    """Her fate, what she asked, and how long she paused in between."""
    fate = Fate(0.0)
    script = buyer(SHOP, habits, 5, fate=fate, now=lambda: 1.0, seed=3)
    asked, pauses, waiting = [], [], iter(answers)
    wish = next(script, None)
    while wish is not None:
        answer = None
        if isinstance(wish, Ask):
            asked.append(wish.request)
            answer = next(waiting)
        else:
            pauses.append(wish)
        try:
            wish = script.send(answer)
        except StopIteration:
            break
    return fate, asked, pauses
