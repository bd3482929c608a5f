"""The universal scalability law: figures that others have published, and what it must do with any."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairgate.capacity.scalability import Law, fit

# SPEC SDM91 on a Sun SPARCcenter 2000, as in Gunther's book and in the package `usl` for R.
SDM91 = [(1, 64.9), (18, 995.9), (36, 1652.4), (72, 1853.2), (108, 1828.9), (144, 1775.0), (216, 1702.2)]

laws = st.builds(Law, st.floats(1, 1000), st.floats(0, 0.5), st.floats(1e-5, 0.05))


def test_fit_finds_what_was_published_of_sdm91() -> None:
    """usl 3.0: its tests want a peak at 96.51956, its manual a limit of about 3245."""
    law = fit(SDM91)

    assert law.peak == pytest.approx(96.51956, rel=1e-4)
    assert law.one / law.contention == pytest.approx(3245, rel=1e-3)
    assert (law.contention, law.coherency) == pytest.approx((0.02773, 0.0001044), rel=1e-3)


def test_peak_is_where_the_formula_says() -> None:
    """The other value in the tests of usl, by formula 4.33 of Gunther's book."""
    assert Law(1, 0.001, 0.00001).peak == pytest.approx(316.0696, rel=1e-6)


def test_what_grows_linearly_or_better_has_neither_contention_nor_coherency() -> None:
    assert fit([(1, 100), (2, 200), (4, 400)]) == Law(pytest.approx(100), 0, 0)
    better = fit([(1, 100), (2, 213), (4, 450)])
    assert (better.contention, better.coherency) == (0, 0)


def test_contention_alone_is_amdahls_law() -> None:
    """A part of 5 % that is done one after the other: at most 20 times as much."""
    assert Law(1, 0.05).throughput(1_000_000) == pytest.approx(20, rel=1e-4)


@pytest.mark.parametrize("points", [[], [(1, 5)], [(2, 5), (2, 6)], [(1, 5), (2, 0)], [(0, 5), (2, 5)]])
def test_too_little_to_go_by_is_refused(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="positive throughputs of at least two"):
        fit(points)


@settings(deadline=None, max_examples=50)
@given(laws)
def test_fit_finds_the_law_behind_exact_points(law: Law) -> None:
    found = fit((n, law.throughput(n)) for n in (1, 2, 4, 8, 16, 32))

    for n in (1, 3, 7, 20):
        assert found.throughput(n) == pytest.approx(law.throughput(n), rel=0.01)


@given(laws, st.integers(1, 300))
def test_more_processes_never_bear_less_before_the_peak(law: Law, processes: int) -> None:
    if processes + 1 <= law.peak:
        assert law.throughput(processes + 1) >= law.throughput(processes)


@given(laws, st.floats(0.1, 5000), st.integers(1, 64))
def test_processes_for_is_the_fewest_that_do(law: Law, wanted: float, most: int) -> None:
    found = law.processes_for(wanted, most)

    if found is None:
        assert all(law.throughput(n) < wanted for n in range(1, most + 1) if n <= law.peak)
    else:
        assert law.throughput(found) >= wanted
        assert all(law.throughput(n) < wanted for n in range(1, found))
