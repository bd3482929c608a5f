"""Money, dates and longer texts in the reader's words. Times arrive in UTC and are shown in the event's zone."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_timezone_location
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup, escape

from fairgate.lib import clock, i18n
from fairgate.lib.money import format_money

# The order of day and month that an American and a European both read without a second look.
DAY = "EEEE d MMMM"
DAY_WITH_YEAR = "EEEE d MMMM y"
SHORT_DAY = "d MMM"
WEEKDAY = "EEE"
MONTH = "MMMM y"
TIME = "HH:mm"
TIME_WITH_SECONDS = "HH:mm:ss"
DASH = "\u2013"


def money(amount: int, currency: str) -> str:
    return format_money(amount, currency, i18n.language.get())


def number(value: int) -> str:
    return format_decimal(value, locale=i18n.language.get())


def percent(part: int, whole: int) -> str:
    """A share that is never rounded up to all, or down to nothing."""
    share = part / whole if whole else 0.0
    kept = min(max(share, 0.01), 0.99) if 0 < share < 1 else share
    return format_percent(kept, format="#,##0%", locale=i18n.language.get())


def rate(basis_points: int) -> str:
    """1800 → "18%", 550 → "5.5%"."""
    return format_percent(basis_points / 10_000, format="#,##0.##%", locale=i18n.language.get())


def day(at: datetime, zone: str) -> str:
    """ "Saturday 14 March", with the year when it is not this one."""
    is_this_year = _local(at, zone).year == _local(clock.now(), zone).year
    return _format(at, zone, DAY if is_this_year else DAY_WITH_YEAR)


def full_day(at: datetime, zone: str) -> str:
    """With the year always: for what people keep."""
    return _format(at, zone, DAY_WITH_YEAR)


def time(at: datetime, zone: str) -> str:
    return _format(at, zone, TIME)


def to_the_second(at: datetime, zone: str) -> str:
    return _format(at, zone, TIME_WITH_SECONDS)


def moment(at: datetime, zone: str) -> str:
    return f"{day(at, zone)}, {time(at, zone)}"


def period(start: datetime, end: datetime | None, zone: str) -> str:
    """ "Saturday 14 March, 19:30 to 22:00", with a dash; an end on another day is written out."""
    if end is None:
        return moment(start, zone)
    ends_same_day = _local(start, zone).date() == _local(end, zone).date()
    return f"{moment(start, zone)} {DASH} {time(end, zone) if ends_same_day else moment(end, zone)}"


def short_day(at: datetime, zone: str) -> str:
    return _format(at, zone, SHORT_DAY)


def weekday(at: datetime, zone: str) -> str:
    return _format(at, zone, WEEKDAY)


def month(at: datetime, zone: str) -> str:
    return _format(at, zone, MONTH)


def iso(at: datetime, zone: str) -> str:
    """For the datetime attribute of a time element."""
    return _local(at, zone).isoformat(timespec="seconds")


def zone_name(zone: str) -> str:
    """ "Asia/Kolkata" → "India Time"."""
    return get_timezone_location(ZoneInfo(zone), locale=i18n.language.get())


def paragraphs(text: str) -> Markup:
    """Plain text as paragraphs: an empty line ends one, a line break stays."""
    blocks = [block.strip() for block in re.split(r"\r?\n\s*\n", text) if block.strip()]
    return Markup("\n").join(Markup("<p>{}</p>").format(_with_breaks(block)) for block in blocks)


def _with_breaks(block: str) -> Markup:
    return Markup("<br>").join(escape(line.strip()) for line in block.splitlines())


def _format(at: datetime, zone: str, pattern: str) -> str:
    return format_datetime(_local(at, zone), pattern, locale=i18n.language.get())


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone))
