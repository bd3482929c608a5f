"""Charts say by length what their tables say in figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fairgate.console.charts import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, charts_of
from fairgate.console.sale_facts import Facts, Mail, Minute

BEGIN = 30_000_000
NOTHING = Facts(
    at=datetime.fromtimestamp((BEGIN + 60) * 60 + 30, UTC),
    places=[],
    kinds=[],
    minutes=[Minute(BEGIN + number) for number in range(61)],
    mail=Mail(0, None),
    sold=0,
    orders=0,
)


def with_minutes(**changes: dict[int, int]) -> Facts:
    """`changes` are figures by how many minutes ago."""
    minutes = [Minute(BEGIN + number) for number in range(61)]
    for field, counts in changes.items():
        for ago, count in counts.items():
            setattr(minutes[60 - ago], field, count)
    return replace(NOTHING, minutes=minutes)


def test_a_bar_is_as_long_as_its_count() -> None:
    orders, *_ = charts_of(with_minutes(ordered={0: 100, 1: 50, 14: 25, 15: 9000}), 15, "UTC")

    assert orders.most == 100
    assert [bar.height for bar in orders.bars] == pytest.approx([28, 56, 112])
    assert {round(bar.y + bar.height, 1) for bar in orders.bars} == {HEIGHT - BOTTOM}
    assert min(bar.y for bar in orders.bars) == TOP
    assert all(bar.x >= LEFT and bar.x + bar.width <= WIDTH for bar in orders.bars)


def test_bars_stand_on_each_other() -> None:
    *_, refused = charts_of(with_minutes(gone={3: 60}, not_for_them={3: 30}, busy={3: 10}), 60, "UTC")
    lower, middle, upper = refused.bars

    assert [bar.color for bar in refused.bars] == ["calm", "warn", "bad"]
    assert middle.y + middle.height == pytest.approx(lower.y)
    assert upper.y + upper.height == pytest.approx(middle.y)
    assert upper.y == pytest.approx(TOP)


def test_what_happened_at_all_is_seen() -> None:
    *_, refused = charts_of(with_minutes(gone={0: 100_000}, busy={1: 1}), 15, "UTC")

    assert min(bar.height for bar in refused.bars) == 1.5


def test_times_are_those_of_the_event() -> None:
    orders, *_ = charts_of(NOTHING, 60, "Asia/Kolkata")

    assert [text for _, text in orders.times] == ["13:31", "14:01", "14:30"]
    assert [row.time for row in orders.rows][:2] == ["14:30", "14:29"]


def test_words_say_what_the_picture_shows() -> None:
    orders, tickets, _ = charts_of(with_minutes(ordered={0: 3, 5: 1200}), 15, "UTC")

    assert orders.summary == "1,203 in the last 15 minutes, most at 08:55: 1,200."
    assert tickets.summary == "Nothing in the last 15 minutes."
    assert orders.most == 2000
