"""Retries are for the rare failure: when everything fails, there are few of them."""

from __future__ import annotations

from fairgate.lib.retries import RESERVE, Retries


def count(retries: Retries, times: int, most: int = 3) -> int:
    """How many tries so many callers make of whom none succeeds."""
    return sum(1 for _ in range(times) for _ in retries.tries(most))


def at_one_moment() -> Retries:
    """Nothing comes back with time."""
    return Retries(lambda: 0.0)


def test_a_single_failure_is_tried_as_often_as_its_caller_wants() -> None:
    assert list(at_one_moment().tries(3)) == [0, 1, 2]


def test_who_succeeds_uses_no_retry() -> None:
    retries = at_one_moment()
    for _ in range(1000):
        next(retries.tries(3))

    assert count(retries, 5) == 15


def test_when_everything_fails_one_in_ten_is_tried_again() -> None:
    tries = count(at_one_moment(), 1000)

    assert 1000 + RESERVE < tries <= 1000 * 1.1 + RESERVE


def test_time_gives_the_reserve_back() -> None:
    now_s = 0.0
    retries = Retries(lambda: now_s)
    count(retries, 1000)
    spent = retries.may()

    now_s = RESERVE

    assert (spent, count(retries, 5)) == (False, 15)
