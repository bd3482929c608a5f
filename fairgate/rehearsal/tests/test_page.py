"""The report tells what was found, and needs nothing beside itself."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from fairgate.rehearsal.page import render
from fairgate.rehearsal.result import Asked, Measured, assemble
from fairgate.rehearsal.tests.planted import facts, loser, told, winner
from fairgate.rehearsal.words import summary

ASKED = Asked("riverside/rush", "Rock & <Roll>", "Riverside Hall", 3, 60.0, None, "http://127.0.0.1:8000")
SALE = (winner(1.0, places=2), winner(2.0), loser(3.0))
MEASURED = Measured(
    samples=[(1_000_000.0, {}), (1_000_010.0, {"web": 4.0, "relay": 0.1})], cores=2, processes={"web": 1}
)


def test_it_says_what_was_sold() -> None:
    result = _result()
    page = render(result)

    assert result["exact"]
    assert "Exact: 3 of 3 places sold, none of them twice." in page
    assert "3 buyers came within 60 seconds" in page
    assert "100.0%" in page
    assert "The last place was taken 2 seconds after the opening." in page


def test_what_is_wrong_comes_first() -> None:
    rows = facts(SALE, capacity=3)
    (places,) = rows.places
    result = assemble(ASKED, _told(), replace(rows, places=[replace(places, sold=5)]), MEASURED, [])

    assert not result["exact"]
    assert summary(result)[0] == (
        "Not exact. Never more than there are: Hall: 5 sold of 3 places, which is 2 too many."
    )
    assert "which is 2 too many" in render(result)


def test_it_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    page = render(_result())

    assert re.findall(r"<(?:script|link|img|iframe)|url\(|https?://", page) == []
    assert "Rock &amp; &lt;Roll&gt;" in page
    assert "<Roll>" not in page


def test_without_buyers_who_came_to_anything_it_is_still_a_page() -> None:
    nobody = assemble(ASKED, replace(told(loser(1.0)), is_cut=True), facts([], capacity=3), Measured(), [])

    assert "It was ended before everybody had left" in render(nobody)
    assert "unknown" in render(nobody)


def _told() -> Any:
    notes = [(0, 0, 1.0, 12.0, 200), (0, 2, 1.0, 20.0, 201), (2, 2, 3.0, 9.0, 409), (2, 2, 3.0, 3.0, 503)]
    return replace(told(*SALE), notes=notes)


def _result() -> dict[str, Any]:
    return assemble(ASKED, _told(), facts(SALE, capacity=3), MEASURED, [])
