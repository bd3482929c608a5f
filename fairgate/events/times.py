"""Between the clock on the wall, which people type, and UTC, which is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fairgate.lib.i18n import gettext as _

FIRST_YEAR, LAST_YEAR = 2000, 2199


class TimeError(ValueError):
    """A time that cannot be used; `message` says why."""

    @property
    def message(self) -> str:
        return _("Choose a year between %(first)s and %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR}


class SkippedTime(TimeError):
    @property
    def message(self) -> str:
        return _("The clocks go forward then, so this time does not exist. Choose an hour later.")


class RepeatedTime(TimeError):
    @property
    def message(self) -> str:
        return _("The clocks go back then, so this time comes twice. Choose an hour earlier or later.")


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """The one instant at which clocks in the zone show this. Raises where there is none, or two."""
    if not FIRST_YEAR <= wall.year <= LAST_YEAR:
        raise TimeError
    earlier, later = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if to_wall(earlier, zone) != wall:
        raise SkippedTime
    if earlier != later:
        raise RepeatedTime
    return earlier


def to_wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)
