"""docs/metrics.md, as a test reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[4] / "docs/metrics.md"


class Row(NamedTuple):
    type: str
    labels: tuple[str, ...]
    told_by: frozenset[str]
    about: str


def rows() -> dict[str, Row]:
    figures = PAGE.read_text().partition("## Which figures")[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in figures.splitlines() if "| `" in line]
    return {
        name.strip("`"): Row(kind, tuple(re.findall(r"`(\w+)`", labels)), frozenset(told_by.split(", ")), about)
        for name, kind, labels, told_by, about in cells
    }
