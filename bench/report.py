"""How figures are shown: in columns, and as a chart; and a word while they are made."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

COLORS = ("#0f766e", "#be185d", "#1d4ed8", "#b45309", "#6d28d9", "#4d7c0f", "#64748b", "#0e7490", "#9f1239", "#334155")
LEFT, WIDTH, HEIGHT, GAP = 110, 620, 34, 12
LEGEND_COLUMNS, LEGEND_WIDTH, LEGEND_HEIGHT = 5, 126, 22
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#71717a}.title{font-weight:600}"
    ".goal{stroke:#71717a;stroke-dasharray:4 4;fill:none}"
)


def say(what: str) -> None:
    """How far it is, beside the figures."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def machine() -> str:
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in cpuinfo if line.startswith("model name")]
    memory_gb = int(Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    return (
        f"{os.cpu_count()} processors ({models[0] if models else platform.machine()}), {memory_gb:.0f} GB,"
        f" Linux {platform.release().partition('-')[0]}, Python {platform.python_version()}"
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Names to the left, figures to the right."""
    lines = [list(head), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_line(line, widths) for line in lines)


def markdown(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The same for a page of the documentation."""
    lines = [list(head), ["---", *["---:"] * (len(head) - 1)], *([_text(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, *figures = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([cells[0].ljust(len(name)), *figures])


def _text(cell: object) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def bars(
    title: str, unit: str, parts_by_bar: Mapping[str, Mapping[str, float]], goal: float, line: str = "goal"
) -> str:
    """An SVG: a stacked bar for each, and a line, at the goal mostly. Its gray reads on light and on dark."""
    parts = parts_by_bar.values()
    names = sorted({name for bar in parts for name in bar}, key=lambda name: -max(bar.get(name, 0) for bar in parts))
    colors = dict(zip(names, COLORS, strict=False))
    scale = WIDTH / max(goal, *(sum(bar.values()) for bar in parts))
    drawn = [f'<text x="0" y="18" class="title">{escape(title)}</text>']
    y = 36
    for bar, its_parts in parts_by_bar.items():
        drawn += _bar(bar, [(name, its_parts.get(name, 0), colors[name]) for name in names], unit, scale, y)
        y += HEIGHT + GAP
    x = LEFT + goal * scale
    drawn.append(f'<path d="M{x:.1f} 32V{y}" class="goal"/>')
    drawn.append(f'<text x="{x:.1f}" y="{y + 14}" text-anchor="middle">{line}: {goal:.3g}</text>')
    drawn += _legend(colors, y + 40)
    bottom = y + 40 + (len(names) - 1) // LEGEND_COLUMNS * LEGEND_HEIGHT + 10
    size = f'viewBox="0 0 {LEFT + WIDTH + 90} {bottom}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">'
    return f"{head}<style>{STYLE}</style>\n" + "\n".join(drawn) + "\n</svg>\n"


def _bar(bar: str, parts: Sequence[tuple[str, float, str]], unit: str, scale: float, y: int) -> list[str]:
    drawn = [f'<text x="0" y="{y + 22}">{escape(bar)}</text>']
    x = float(LEFT)
    for name, value, color in parts:
        told = f"<title>{escape(name)}: {value:.2f} {unit}</title>"
        place = f'x="{x:.1f}" y="{y}" width="{value * scale:.1f}" height="{HEIGHT}"'
        drawn.append(f'<rect {place} fill="{color}">{told}</rect>')
        x += value * scale
    total = sum(value for _, value, _ in parts)
    return [*drawn, f'<text x="{x + 6:.1f}" y="{y + 22}">{total:.1f} {unit}</text>']


def _legend(colors: Mapping[str, str], y: int) -> list[str]:
    drawn = []
    for number, (name, color) in enumerate(colors.items()):
        row, column = divmod(number, LEGEND_COLUMNS)
        x, line = LEFT + column * LEGEND_WIDTH, y + row * LEGEND_HEIGHT
        drawn.append(f'<rect x="{x}" y="{line - 11}" width="12" height="12" fill="{color}"/>')
        drawn.append(f'<text x="{x + 18}" y="{line}">{escape(name)}</text>')
    return drawn
