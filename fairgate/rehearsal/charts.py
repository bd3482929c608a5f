"""Charts over the time of a rehearsal, as SVG that takes its colors and letters from the page around it. No Django.

They are drawn 400 units wide, the width of a phone, so that their words stay readable there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 400, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 6, 10, 24
INNER, TALL = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

Points = Sequence[tuple[float, float | None]]


@dataclass(frozen=True)
class Series:
    """`color` is a number of the page's palette, from 1."""

    name: str
    color: int
    points: Points


@dataclass(frozen=True)
class Scale:
    seconds: float
    least: float
    most: float
    is_log: bool = False

    def x(self, at: float) -> float:
        return LEFT + INNER * min(1.0, at / self.seconds)

    def y(self, value: float) -> float:
        if self.is_log:
            value = max(value, self.least)
            share = (math.log10(value) - math.log10(self.least)) / (math.log10(self.most) - math.log10(self.least))
        else:
            share = (value - self.least) / (self.most - self.least)
        return TOP + TALL * (1 - min(1.0, max(0.0, share)))


def lines(
    title: str,
    series: Sequence[Series],
    *,
    seconds: float,
    unit: str,
    goal: tuple[float, str] | None = None,
    log: bool = False,
) -> str:
    values = [value for one in series for _at, value in one.points if value is not None]
    values += [goal[0]] if goal else []
    scale = _log_scale(values, seconds) if log else Scale(seconds, 0, _nice(max(values, default=1)))
    drawn = [*_grid(scale, unit)]
    if goal:
        drawn += _goal(scale, *goal)
    for one in series:
        drawn += [_polyline(scale, run, one.color) for run in _runs(one.points)]
    return _svg(title, drawn)


def bars(title: str, series: Sequence[Series], *, seconds: float, width: float, unit: str) -> str:
    """Those of one moment stand on each other."""
    sums = [sum(one.points[n][1] or 0 for one in series) for n in range(len(series[0].points))]
    scale = Scale(seconds, 0, _nice(max(sums, default=1)))
    drawn = [*_grid(scale, unit)]
    for number, (at, _value) in enumerate(series[0].points):
        below = 0.0
        left = scale.x(at)
        wide = max(0.8, scale.x(at + width) - left - 0.6)
        for one in series:
            value = one.points[number][1] or 0
            if value:
                top, bottom = scale.y(below + value), scale.y(below)
                drawn.append(
                    f'<rect class="c{one.color}" x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}"'
                    f' height="{max(0.5, bottom - top):.1f}"/>'
                )
            below += value
    return _svg(title, drawn)


def areas(
    title: str, series: Sequence[Series], *, seconds: float, most: float, unit: str, goal: tuple[float, str]
) -> str:
    """On each other, the first at the bottom."""
    scale = Scale(seconds, 0, most)
    drawn = []
    below = [0.0] * len(series[0].points)
    for one in series:
        above = [low + (value or 0) for low, (_at, value) in zip(below, one.points, strict=True)]
        times = [at for at, _value in one.points]
        edge = [f"{scale.x(at):.1f},{scale.y(value):.1f}" for at, value in zip(times, above, strict=True)]
        back = [f"{scale.x(at):.1f},{scale.y(value):.1f}" for at, value in zip(times, below, strict=True)]
        drawn.append(f'<polygon class="c{one.color}" points="{" ".join([*edge, *reversed(back)])}"/>')
        below = above
    return _svg(title, [*drawn, *_grid(scale, unit), *_goal(scale, *goal)])


def _svg(title: str, drawn: Iterable[str]) -> str:
    head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">'
    return f"{head}{''.join(drawn)}</svg>"


def _grid(scale: Scale, unit: str) -> Iterable[str]:
    for value in _steps(scale):
        y = scale.y(value)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_short(value)}{unit}</text>'
    for at in _times(scale.seconds):
        anchor = "start" if at == 0 else "middle" if at < scale.seconds * 0.95 else "end"
        yield f'<text x="{scale.x(at):.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{_clock(at)}</text>'


def _goal(scale: Scale, value: float, name: str) -> list[str]:
    y = scale.y(value)
    words_y = y - 5 if y > TOP + 14 else y + 14
    return [
        f'<path class="goal" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>',
        f'<text class="name" x="{WIDTH - RIGHT}" y="{words_y:.1f}" text-anchor="end">{escape(name)}</text>',
    ]


def _polyline(scale: Scale, points: Sequence[tuple[float, float]], color: int) -> str:
    if len(points) == 1:
        return f'<circle class="c{color}" cx="{scale.x(points[0][0]):.1f}" cy="{scale.y(points[0][1]):.1f}" r="1.5"/>'
    path = " ".join(f"{scale.x(at):.1f},{scale.y(value):.1f}" for at, value in points)
    return f'<polyline class="l{color}" points="{path}"/>'


def _runs(points: Points) -> list[list[tuple[float, float]]]:
    """Where there is no value, there is no line."""
    runs: list[list[tuple[float, float]]] = [[]]
    for at, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]


def _log_scale(values: Sequence[float], seconds: float) -> Scale:
    least = math.floor(math.log10(max(1.0, min(values, default=1.0))))
    most = math.ceil(math.log10(max(10.0, *values, 10.0)))
    return Scale(seconds, 10.0**least, 10.0 ** max(most, least + 1), is_log=True)


def _steps(scale: Scale) -> list[float]:
    if scale.is_log:
        return [10.0**power for power in range(round(math.log10(scale.least)), round(math.log10(scale.most)) + 1)]
    return [scale.most * number / 4 for number in range(5)]


def _nice(value: float) -> float:
    """The next that divides by four and reads well."""
    power = 10.0 ** math.floor(math.log10(max(value, 1)))
    fitting = [step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value]
    return max(4.0, fitting[0])


def _times(seconds: float) -> list[float]:
    step = next((one for one in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600) if seconds / one <= 6), 1200)
    return [float(at) for at in range(0, int(seconds) + 1, step)]


def _clock(at: float) -> str:
    return f"{int(at) // 60}:{int(at) % 60:02}"


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value / 1000:.3g}k"
    return f"{value:.3g}"
