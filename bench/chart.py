"""Lines over a few steps, on a scale where ten times as much is always the same height."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

from report import COLORS, STYLE

LEFT, TOP, WIDTH, HEIGHT, RIGHT = 62, 40, 470, 330, 290
LABEL_HEIGHT = 17

Series = Mapping[str, Mapping[int, float]]


def lines(title: str, across: str, series: Series) -> str:
    """An SVG: a line for each series, named where it ends, with its last value. Its gray reads on light and on dark."""
    steps = sorted({step for values in series.values() for step in values})
    values = [value for line in series.values() for value in line.values() if value > 0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    places = {step: LEFT + WIDTH * number / max(1, len(steps) - 1) for number, step in enumerate(steps)}

    def height(value: float) -> float:
        return TOP + HEIGHT * (1 - (math.log10(max(value, 10**low)) - low) / (high - low))

    drawn = [f'<text x="0" y="18" class="title">{escape(title)}</text>', *_grid(low, high, height)]
    drawn += [
        f'<text x="{place:.1f}" y="{TOP + HEIGHT + 20}" text-anchor="middle">{step}</text>'
        for step, place in places.items()
    ]
    drawn.append(f'<text x="{LEFT}" y="{TOP + HEIGHT + 42}">{escape(across)}</text>')
    colors = dict(zip(series, COLORS, strict=False))
    for name, line in series.items():
        drawn += _line(name, [(places[step], height(line[step]), line[step]) for step in sorted(line)], colors[name])
    drawn += _names(series, height, colors)
    size = f'viewBox="0 0 {LEFT + WIDTH + RIGHT} {TOP + HEIGHT + 54}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">'
    return f"{head}<style>{STYLE}</style>\n" + "\n".join(drawn) + "\n</svg>\n"


def _grid(low: int, high: int, height: Callable[[float], float]) -> list[str]:
    drawn = []
    for power in range(low, high + 1):
        y = height(10**power)
        drawn.append(f'<path d="M{LEFT} {y:.1f}H{LEFT + WIDTH}" class="goal" opacity=".5"/>')
        drawn.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10**power:,}</text>')
    return drawn


def _line(name: str, points: Sequence[tuple[float, float, float]], color: str) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    drawn = [f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2.5"/>']
    for x, y, value in points:
        told = f"<title>{escape(name)}: {value:,.0f}</title>"
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{color}">{told}</circle>')
    return drawn


def _names(series: Series, height: Callable[[float], float], colors: Mapping[str, str]) -> list[str]:
    """To the right of the lines' ends, pushed apart where they would overlap."""
    ends = sorted((height(line[max(line)]), name, line[max(line)]) for name, line in series.items())
    drawn, last = [], -math.inf
    for y, name, value in ends:
        last = max(y, last + LABEL_HEIGHT)
        text = f"{name}: {value:,.0f}"
        drawn.append(
            f'<text x="{LEFT + WIDTH + 12}" y="{last + 4:.1f}" style="fill:{colors[name]}">{escape(text)}</text>'
        )
    return drawn
