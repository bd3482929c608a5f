from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fairgate.events.times import FIRST_YEAR, LAST_YEAR, RepeatedTime, SkippedTime, TimeError, to_utc, to_wall

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
WALLS = st.datetimes(min_value=datetime(FIRST_YEAR, 1, 1), max_value=datetime(LAST_YEAR, 12, 31, 23, 59))  # noqa: DTZ001


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@given(typed=WALLS, zone=st.sampled_from(ZONES))
def test_a_time_survives_being_saved_and_shown_and_saved_again(typed: datetime, zone: str) -> None:
    try:
        saved = to_utc(typed, ZoneInfo(zone))
    except (SkippedTime, RepeatedTime):
        assume(False)

    assert to_wall(saved, ZoneInfo(zone)) == typed
    assert to_utc(to_wall(saved, ZoneInfo(zone)), ZoneInfo(zone)) == saved


def test_summer_and_winter_have_their_own_distance() -> None:
    assert to_utc(wall("2027-01-15T20:00"), BERLIN) == datetime(2027, 1, 15, 19, 0, tzinfo=UTC)
    assert to_utc(wall("2027-07-15T20:00"), BERLIN) == datetime(2027, 7, 15, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2027-03-28T02:00", "2027-03-28T02:30", "2027-03-28T02:59"])
def test_an_hour_that_is_skipped_is_refused(text: str) -> None:
    with pytest.raises(SkippedTime):
        to_utc(wall(text), BERLIN)


@pytest.mark.parametrize("text", ["2027-10-31T02:00", "2027-10-31T02:30", "2027-10-31T02:59"])
def test_an_hour_that_comes_twice_is_refused(text: str) -> None:
    with pytest.raises(RepeatedTime):
        to_utc(wall(text), BERLIN)


@pytest.mark.parametrize("text", ["2027-03-28T01:59", "2027-03-28T03:00", "2027-10-31T01:59", "2027-10-31T03:00"])
def test_the_minutes_around_are_good(text: str) -> None:
    assert to_wall(to_utc(wall(text), BERLIN), BERLIN) == wall(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00", "1999-12-31T23:59", "2200-01-01T00:00", "9999-12-31T23:59"])
def test_a_year_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(TimeError):
        to_utc(wall(text), ZoneInfo("America/New_York"))
