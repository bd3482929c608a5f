"""The laws against figures of their textbooks, and what must hold whatever the figures are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairgate.capacity import laws
from fairgate.capacity.laws import Station

demands = st.floats(0.001, 10)
stations = st.dictionaries(st.sampled_from("abcd"), st.builds(Station, demands, st.integers(1, 8)), min_size=1)


def test_utilization_law_of_lazowska_chapter_3() -> None:
    """A disk serves 40 requests a second of 0.0225 s each: 90 % busy (section 3.3)."""
    assert laws.utilization(40, Station(0.0225)) == pytest.approx(0.9)


def test_littles_law_of_lazowska_chapter_3() -> None:
    """Of 7.5 users, half an interaction a second and 15 s each (section 3.4)."""
    assert laws.inside(0.5, 15) == 7.5


def test_asymptotic_bounds_meet_at_the_saturation_point() -> None:
    """N* = (D + Z) / Dmax (Lazowska, section 5.2): below it nobody has to queue, above it somebody must."""
    system = {"cpu": Station(5), "disk one": Station(4), "disk two": Station(3)}
    saturation = (12 + 15) / 5

    assert laws.highest_throughput(system, saturation, 15) == pytest.approx(1 / 5)
    assert laws.highest_throughput(system, 1, 15) == pytest.approx(1 / 27)
    assert laws.shortest_response_s(system, saturation, 15) == pytest.approx(12)
    assert laws.shortest_response_s(system, 20, 15) == pytest.approx(85)
    assert laws.bottleneck(system) == "cpu"


def test_nothing_asked_has_no_bound() -> None:
    assert laws.highest_throughput({"idle": Station(0)}) == float("inf")


@given(stations)
def test_at_its_highest_throughput_the_bottleneck_alone_must_be_full(system: dict[str, Station]) -> None:
    highest = laws.highest_throughput(system)
    busy = {name: laws.utilization(highest, station) for name, station in system.items()}

    assert busy[laws.bottleneck(system)] == pytest.approx(1)
    assert max(busy.values()) <= 1 + 1e-9


@given(stations, st.sampled_from("abcd"))
def test_another_server_never_takes_throughput(system: dict[str, Station], name: str) -> None:
    if name in system:
        more = system | {name: Station(system[name].demand_s, system[name].servers + 1)}
        assert laws.highest_throughput(more) >= laws.highest_throughput(system)


def test_mean_values_of_a_balanced_system_are_known() -> None:
    """K equal stations, N customers: X = N / (D (N + K - 1)) (Lazowska, section 5.4)."""
    assert laws.throughput([2.0] * 3, 5) == pytest.approx(5 / (2 * (5 + 3 - 1)))


@given(st.lists(demands, min_size=1, max_size=4), st.integers(1, 30), st.floats(0, 20))
def test_mean_values_stay_within_the_bounds(times: list[float], customers: int, think_s: float) -> None:
    system = {str(number): Station(time) for number, time in enumerate(times)}

    found = laws.throughput(times, customers, think_s)

    assert found <= laws.highest_throughput(system, customers, think_s) * (1 + 1e-9)
    assert found >= customers / (think_s + customers * sum(times)) * (1 - 1e-9)
