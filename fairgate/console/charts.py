"""Charts of minutes as plain SVG, drawn here: bars on top of each other, readable on a phone, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fairgate.console.sale_facts import Facts, Minute
from fairgate.lib.i18n import gettext as _
from fairgate.ui import formats

# In units of the drawing, which is as wide as a phone shows it: letters are as large as the text around it.
WIDTH, HEIGHT = 340, 150
LEFT, TOP, BOTTOM = 44, 14, 24
GAP = 0.2
# The last minutes of an hour that are shown, if not all.
CHOICES = (15, 60)


@dataclass(frozen=True)
class Series:
    """`color` is a class of on_sale.css."""

    field: str
    name: str
    color: str


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    color: str


@dataclass(frozen=True)
class Row:
    time: str
    counts: Sequence[int]


@dataclass(frozen=True)
class Chart:
    id: str
    title: str
    summary: str
    series: Sequence[Series]
    bars: Sequence[Bar]
    # At the top of the scale, and the times below: (x, text).
    most: int
    times: Sequence[tuple[float, str]]
    rows: Sequence[Row]


def charts_of(facts: Facts, minutes: int, zone: str) -> list[Chart]:
    shown = facts.minutes[-minutes:]
    return [
        _chart("orders", _("Orders a minute"), [Series("ordered", _("Orders"), "main")], shown, zone),
        _chart(
            "tickets",
            _("Tickets a minute"),
            [Series("taken", _("Taken into a checkout"), "main"), Series("returned", _("Came back"), "calm")],
            shown,
            zone,
        ),
        _chart(
            "refused",
            _("Refused a minute"),
            [
                Series("gone", _("Sold out"), "calm"),
                Series("not_for_them", _("Not on sale, or over a limit"), "warn"),
                Series("busy", _("System busy"), "bad"),
            ],
            shown,
            zone,
        ),
    ]


def _chart(id: str, title: str, series: Sequence[Series], minutes: Sequence[Minute], zone: str) -> Chart:
    rows = [Row(_time(minute, zone), [getattr(minute, one.field) for one in series]) for minute in minutes]
    most = _round_up(max(sum(row.counts) for row in rows))
    return Chart(
        id, title, _summary(rows), series, _bars(rows, series, most), most, _times(rows), list(reversed(rows))
    )  # fmt: skip


def _bars(rows: Sequence[Row], series: Sequence[Series], most: int) -> list[Bar]:
    step = (WIDTH - LEFT) / len(rows)
    bars = []
    for place, row in enumerate(rows):
        top = float(HEIGHT - BOTTOM)
        for one, count in zip(series, row.counts, strict=True):
            if count:
                # What happened at all is seen.
                height = max((HEIGHT - TOP - BOTTOM) * count / most, 1.5)
                top -= height
                bars.append(
                    Bar(round(LEFT + step * (place + GAP / 2), 1), round(top, 1), round(step * (1 - GAP), 1),
                        round(height, 1), one.color)
                )  # fmt: skip
    return bars


def _times(rows: Sequence[Row]) -> list[tuple[float, str]]:
    """The first, the middle and the last; where each begins is for the style sheet."""
    step = (WIDTH - LEFT) / len(rows)
    places = (0, len(rows) // 2, len(rows) - 1)
    return [(round(LEFT + step * (place + 0.5), 1), rows[place].time) for place in places]


def _summary(rows: Sequence[Row]) -> str:
    totals = [sum(row.counts) for row in rows]
    if not any(totals):
        return _("Nothing in the last %(minutes)s minutes.") % {"minutes": len(rows)}
    peak = max(range(len(rows)), key=totals.__getitem__)
    said = {
        "total": formats.number(sum(totals)),
        "minutes": len(rows),
        "most": formats.number(totals[peak]),
        "when": rows[peak].time,
    }
    return _("%(total)s in the last %(minutes)s minutes, most at %(when)s: %(most)s.") % said


def _round_up(most: int) -> int:
    """To a number that is easy to read: 1, 2 or 5 and zeros, and never less than 4."""
    size = 1
    while True:
        for step in (1, 2, 5):
            if size * step >= max(most, 4):
                return size * step
        size *= 10


def _time(minute: Minute, zone: str) -> str:
    return formats.time(datetime.fromtimestamp(minute.minute * 60, UTC), zone)
