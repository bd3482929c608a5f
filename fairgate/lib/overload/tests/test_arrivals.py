"""How long a request has waited, told by a clock that may be wrong."""

from __future__ import annotations

import pytest

from fairgate.lib.overload.arrivals import WINDOW_S, Arrivals

NOW_S = 1_800_000_000.0


def told(came_s: float) -> str:
    return str(round(came_s * 1000))


@pytest.mark.parametrize("wrong_by_s", [0.0, 3.0, -3.0, 86_400.0])
def test_a_request_has_waited_since_it_came_to_the_door(wrong_by_s: float) -> None:
    arrivals = Arrivals()
    arrivals.waited_s(told(NOW_S + wrong_by_s), NOW_S)

    waited_s = arrivals.waited_s(told(NOW_S + wrong_by_s), NOW_S + 0.7)

    assert waited_s == pytest.approx(0.7, abs=0.002)


def test_a_clock_that_is_set_right_is_believed_after_a_while() -> None:
    arrivals = Arrivals()
    arrivals.waited_s(told(NOW_S - 3), NOW_S)
    times = [NOW_S + number * WINDOW_S * 0.7 for number in range(1, 6)]

    waited = [arrivals.waited_s(told(now_s - 8), now_s) for now_s in times]

    assert waited[0] == pytest.approx(5, abs=0.002)
    assert waited[-1] == 0


@pytest.mark.parametrize("header", [None, "", "soon", "1.5", "-3", "t=5", "٣"])
def test_without_a_door_nobody_has_waited(header: str | None) -> None:
    assert Arrivals().waited_s(header, NOW_S) == 0
