"""The report as one page that needs nothing else: styles, charts and words in one file. No Django."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape

from fairgate.rehearsal import charts, words
from fairgate.rehearsal.charts import Series
from fairgate.rehearsal.limits import BUYERS
from fairgate.rehearsal.machine import OTHERS
from fairgate.rehearsal.words import Result

TEMPLATES = Path(__file__).parent / "templates" / "rehearsal"
CODE = re.compile(r"`([^`]+)`")
# Who is shown by name, from the bottom; the installation's other processes are one.
KINDS = {"postgres": 1, "web": 2, "stock": 3, "door": 4}
REST_COLOR = 5
NOT_OURS = {BUYERS: ("the buyers themselves", 6), OTHERS: ("other programs", 7)}
COLORS = {"bought": 2, "left": 1, "gave back": 5, "sold out": 6, "busy": 3, "lost": 4, "refused": 4, "on the way": 6}


def render(result: Result) -> str:
    return (
        _environment()
        .get_template("report.html")
        .render(
            css=_css(),
            event={"title": result["title"], "organizer": result["organizer"]},
            began=result["began_at"].replace("T", " ").replace("+00:00", " UTC"),
            is_exact=result["exact"],
            verdict=words.verdict(result),
            story=words.story(result),
            notes=words.notes(result),
            cards=_cards(result),
            charts=_charts(result),
            checks=result["checks"],
            steps=result["fast"]["steps"],
            limits=result["limits"]["says"],
            faults=result["faults"],
            bears=words.bears(result),
            outcomes=_outcomes(result),
            method=words.method(result),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["ms"] = words.ms
    environment.filters["code"] = _code
    return environment


def _css() -> Markup:
    """The colors and spaces of all pages, and this one's own."""
    variables = files("fairgate.ui").joinpath("static/ui/variables.css").read_text()
    return Markup(variables + (TEMPLATES / "report.css").read_text())  # noqa: S704 (our own files)


def _code(sentence: str) -> Markup:
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(sentence))))  # noqa: S704 (escaped before)


def _cards(result: Result) -> list[dict[str, str]]:
    sold, fast = result["sold"], result["fast"]
    figure, says = words.fair(result)
    baskets = f"; {sold['in_baskets']:,} are in baskets and come back" if sold["in_baskets"] else ""
    within = fast["within_a_second"] or 0.0
    bears = result["limits"]["bears"]
    return [
        {
            "question": "Sold exactly?",
            "figure": f"{sold['sold']:,} of {sold['places']:,}",
            "says": f"places have a ticket{baskets}. {sum(c['is_right'] for c in result['checks'])} of"
            f" {len(result['checks'])} checks are right.",
        },
        {"question": "Fair?", "figure": figure, "says": says},
        {
            "question": "Fast?",
            "figure": words.ms(fast["all_ms"]["p95"]),
            "says": f"is what 95 of 100 answers took at most; half took {words.ms(fast['all_ms']['p50'])}."
            f" {within:.1%} came within a second.",
        },
        {
            "question": "How many would it bear?",
            "figure": f"about {_round(bears):,}" if bears else "unknown",
            "says": f"buyers like these; what fills up first is {result['limits']['bears_by']}."
            if bears
            else "The processes do not run on this machine.",
        },
    ]


def _round(number: int) -> int:
    """Two digits say all that is known."""
    unit = int("1".ljust(max(1, len(str(number)) - 1), "0"))
    return number // unit * unit


def _charts(result: Result) -> list[dict[str, Any]]:
    pieces, took = result["fast"]["over_time"], max(1.0, result["took_s"])
    width = pieces[0]["seconds"]

    def bars(title: str, says: str, named: Sequence[tuple[str, int, str]]) -> dict[str, Any]:
        series = [Series(name, color, _points(pieces, key, 1 / width)) for name, color, key in named]
        return _chart(title, says, series, charts.bars(title, series, seconds=took, width=width, unit=""))

    taken = [Series("places taken", 2, [(0.0, 0.0), *_points(pieces, "taken", 1, at=width)])]
    times = [
        Series("95 of 100 answers within", 3, _points(pieces, "p95_ms")),
        Series("half", 1, _points(pieces, "p50_ms")),
    ]
    capacity = result["sold"]["places"]
    shown = [
        bars("Who came", "Buyers a second", [("buyers", 1, "came")]),
        _chart(
            "What was sold",
            "Places in baskets and on tickets",
            taken,
            charts.lines("What was sold", taken, seconds=took, unit="", goal=(capacity, f"{capacity:,} places")),
        ),
        bars(
            "First come, first served",
            "Buyers by the second in which they first asked",
            [("got places", 2, "asked_and_got"), ("got none", 6, "asked_and_got_none")],
        ),
        _chart(
            "How long an answer took",
            "In milliseconds; each line is ten times the one below",
            times,
            charts.lines("How long an answer took", times, seconds=took, unit="", log=True),
        ),
        bars(
            "Who was told to wait",
            "Requests a second that were told to come again, or got no answer",
            [("told to come again", 3, "told_to_wait"), ("no answer", 4, "failed")],
        ),
    ]
    if result["limits"]["processor_time"]:
        shown.append(_processors(result, took))
    return shown


def _processors(result: Result, took: float) -> dict[str, Any]:
    cores, samples = result["limits"]["processors"], result["limits"]["processor_time"]
    pairs = [(a, b) for a, b in pairwise(samples) if b["at"] - a["at"] > 0.2 and b["at"] <= took + 1]

    def used(kinds: Sequence[str]) -> list[tuple[float, float | None]]:
        return [
            (b["at"], sum(b.get(kind, 0.0) - a.get(kind, 0.0) for kind in kinds) / (b["at"] - a["at"]))
            for a, b in pairs
        ]

    rest = sorted({kind for sample in samples for kind in sample} - KINDS.keys() - NOT_OURS.keys() - {"at"})
    series = [Series(kind, color, used([kind])) for kind, color in KINDS.items()]
    series += [Series(", ".join(rest), REST_COLOR, used(rest))] if rest else []
    series += [Series(name, color, used([kind])) for kind, (name, color) in NOT_OURS.items()]
    svg = charts.areas(
        "What the processors did", series, seconds=took, most=cores, unit="", goal=(cores, f"{cores} processors")
    )
    return _chart("What the processors did", "Processors busy, by kind of process", series, svg)


def _chart(title: str, says: str, series: Sequence[Series], svg: str) -> dict[str, Any]:
    return {"title": title, "says": says, "svg": svg, "legend": [(one.name, one.color) for one in series]}


def _points(
    pieces: Sequence[dict[str, Any]], key: str, factor: float = 1, at: float = 0
) -> list[tuple[float, float | None]]:
    return [(piece["at"] + at, None if piece[key] is None else piece[key] * factor) for piece in pieces]


def _outcomes(result: Result) -> list[dict[str, Any]]:
    most = max(result["outcomes"].values(), default=1)
    return [
        {
            "buyers": buyers,
            "says": words.OUTCOMES[outcome],
            "width": round(buyers / most * 100, 1),
            "color": COLORS.get(outcome, 6),
        }
        for outcome, buyers in sorted(result["outcomes"].items(), key=lambda one: -one[1])
    ]
