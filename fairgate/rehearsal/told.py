"""What the buyers saw: the result of `crowd`, read back. No Django."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fairgate.rehearsal.engine import Note
from fairgate.rehearsal.fates import EXPECTED, Fate


@dataclass(frozen=True)
class Told:
    """Times in seconds after the opening, which is `opened_at` in seconds of the epoch."""

    opened_at: float
    seconds: float
    cpu_s: float
    is_cut: bool
    most_in_shop: int
    most_connections: int
    double_clicks: int
    odd: Sequence[tuple[str, int, str]]
    steps: Sequence[str]
    outcomes: Sequence[str]
    each_second: Sequence[dict[str, Any]]
    notes: Sequence[Note]
    fates: Sequence[Fate]

    @cached_property
    def counts(self) -> Counter[str]:
        """Buyers by what became of them."""
        return Counter(fate.outcome for fate in self.fates)

    @property
    def cpu_ms_a_request(self) -> float:
        return self.cpu_s * 1000 / max(1, len(self.notes))

    @property
    def late_ms(self) -> float:
        return max((second["late_ms"] for second in self.each_second), default=0.0)


def read(results: Path) -> Told:
    found = json.loads(results.read_text())
    return Told(**{**found, "fates": [Fate(**fate) for fate in found["fates"]]})


def is_answer(step: int, status: int) -> bool:
    return status in EXPECTED[step]
