"""The limit finds out by itself what more at a time is good for."""

from __future__ import annotations

from fairgate.lib.overload.limit import BLIND_WINDOWS, LEAST, WINDOW, Limit

PAGE_S, PDF_S = 0.002, 0.1


def work(limit: Limit, windows: int, took_s: float, at_a_time: int | None = None, route: str = "page") -> list[int]:
    """So many windows of requests, as many at a time as may be, or fewer; the limit after each."""
    values = []
    for _ in range(windows):
        for _ in range(WINDOW):
            limit.note(route, took_s, at_a_time or limit.value)
        values.append(limit.value)
    return values


def crowd(limit: Limit, windows: int) -> list[int]:
    """An interpreter that is the bottleneck: each request takes as long as there are others."""
    values = []
    for _ in range(windows):
        for _ in range(WINDOW):
            limit.note("page", PAGE_S * limit.value, limit.value)
        values.append(limit.value)
    return values


def test_it_begins_with_all() -> None:
    assert Limit(8).value == 8


def test_requests_that_only_wait_for_each_other_are_fewer() -> None:
    limit = Limit(8)
    work(limit, 1, PAGE_S, at_a_time=1)

    values = crowd(limit, 30)

    assert max(values[10:]) <= LEAST + 1


def test_requests_that_wait_for_something_else_may_all_wait_at_once() -> None:
    limit = Limit(8)
    work(limit, 1, PAGE_S, at_a_time=1)
    crowd(limit, 30)

    assert work(limit, 60, PAGE_S)[-1] == 8


def test_it_does_not_grow_where_nobody_uses_it() -> None:
    limit = Limit(8)
    work(limit, 1, PAGE_S, at_a_time=1)
    before = crowd(limit, 30)[-1]

    assert set(work(limit, 30, PAGE_S, at_a_time=1)) == {before}


def test_a_route_is_compared_with_itself() -> None:
    limit = Limit(8)
    work(limit, 1, PAGE_S, at_a_time=1, route="page")
    work(limit, 1, PDF_S, at_a_time=1, route="pdf")

    assert set(work(limit, 20, PDF_S, route="pdf")) == {8}


def test_one_outlier_changes_little() -> None:
    limit = Limit(8)
    work(limit, 1, PAGE_S, at_a_time=1)

    limit.note("page", 100 * PAGE_S, 8)
    for _ in range(WINDOW - 1):
        limit.note("page", PAGE_S, 8)

    assert limit.value >= 7


def test_it_learns_what_it_has_never_seen_alone() -> None:
    """A process that starts in the middle of a rush has no quiet moment to compare with, so it makes one."""
    limit = Limit(8)

    crowd(limit, BLIND_WINDOWS)
    while_learning = limit.value
    crowd(limit, 1)
    after = crowd(limit, 30)

    assert while_learning == LEAST
    assert after[-1] <= LEAST + 2


def test_a_place_that_has_become_slower_is_learned_anew() -> None:
    limit = Limit(8)
    work(limit, 1, PAGE_S, at_a_time=1)
    slower = work(limit, 10, 5 * PAGE_S)

    values = work(limit, 400, 5 * PAGE_S)

    assert slower[-1] == LEAST
    assert values[-1] == 8


def test_one_at_a_time_stays_one() -> None:
    limit = Limit(1)

    assert set(work(limit, 5, PAGE_S)) == {1}
