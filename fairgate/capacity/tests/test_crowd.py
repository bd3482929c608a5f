"""The curve by which buyers come, as a formula."""

from __future__ import annotations

from bisect import bisect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairgate.capacity import crowd
from fairgate.rehearsal.arrivals import arrivals


def test_all_have_come_in_the_end_and_nobody_before() -> None:
    assert crowd.share_by(0, 600) == 0
    assert crowd.share_by(600, 600) == 1


def test_buyers_of_a_rehearsal_come_as_the_formula_says() -> None:
    came = arrivals(20_000, 600, None, seed=1)

    for t in (15, 30, 60, 120, 300):
        assert crowd.share_by(t, 600) == pytest.approx(bisect(came, t) / len(came), abs=0.01)


def test_the_opening_minute_is_not_the_mean() -> None:
    """Of ten minutes, a tenth; the busiest has more than six times as much."""
    assert crowd.busiest_minute(600) == pytest.approx(0.648, abs=0.001)
    assert crowd.busiest_minute(30) == 1


def test_nobody_waits_for_who_serves_as_many_as_ever_come() -> None:
    most = max(crowd.share_by(t + 1, 600) - crowd.share_by(t, 600) for t in range(600)) * 6_000

    assert crowd.longest_wait_s(6_000, 600, most * 1.01) == pytest.approx(0, abs=0.1)


@given(st.floats(1, 100), st.floats(1.01, 3))
def test_who_serves_faster_lets_nobody_wait_longer(rate: float, times: float) -> None:
    assert crowd.longest_wait_s(6_000, 600, rate * times) <= crowd.longest_wait_s(6_000, 600, rate) + 1e-9
