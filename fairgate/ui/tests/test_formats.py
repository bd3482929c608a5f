from datetime import UTC, datetime

import pytest
import time_machine

from fairgate.ui import formats

SHOW = datetime(2026, 3, 14, 14, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_february() -> object:
    with time_machine.travel(datetime(2026, 2, 1, tzinfo=UTC), tick=False):
        yield


def test_moment_is_in_the_zone_of_the_event() -> None:
    assert formats.moment(SHOW, "Asia/Kolkata") == "Saturday 14 March, 19:30"


def test_year_is_said_when_it_is_another() -> None:
    assert formats.day(SHOW.replace(year=2027), "Asia/Kolkata") == "Sunday 14 March 2027"


def test_period_within_a_day_and_over_midnight() -> None:
    day, next_day = "Saturday 14 March, 19:30", "Sunday 15 March, 01:30"

    assert formats.period(SHOW, SHOW.replace(hour=16), "Asia/Kolkata") == f"{day} {formats.DASH} 21:30"
    assert formats.period(SHOW, SHOW.replace(hour=20), "Asia/Kolkata") == f"{day} {formats.DASH} {next_day}"
    assert formats.period(SHOW, None, "Asia/Kolkata") == day


def test_zone_is_named_in_words() -> None:
    assert formats.zone_name("Asia/Kolkata") == "India Time"


def test_money() -> None:
    assert formats.money(199800, "INR") == "₹1,998"
    assert formats.money(199850, "INR") == "₹1,998.50"


def test_percent_is_never_rounded_to_all_or_nothing() -> None:
    assert [formats.percent(part, 1000) for part in (0, 1, 500, 999, 1000)] == ["0%", "1%", "50%", "99%", "100%"]
    assert formats.percent(0, 0) == "0%"


def test_rate() -> None:
    assert [formats.rate(points) for points in (1800, 550)] == ["18%", "5.5%"]


def test_paragraphs_escape_what_is_typed() -> None:
    assert formats.paragraphs("One\ntwo\n\n<b>three</b>\n") == "<p>One<br>two</p>\n<p>&lt;b&gt;three&lt;/b&gt;</p>"
