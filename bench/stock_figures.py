"""What one run found, and how several runs of the same become one figure."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

import meter

GENERATOR = "load generator"


@dataclass(frozen=True)
class Run:
    """`cpu_ms` is by process and for each request; `wrong` is what the database contradicts; others had so much of the
    machine meanwhile."""

    rate: float
    mean_ms: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    cpu_ms: Mapping[str, float] = field(default_factory=dict)
    wrong: int = 0
    requests: int = 0
    others_share: float = 0.0

    @property
    def served_cpu_ms(self) -> float:
        """Without what only asked."""
        return sum(ms for kind, ms in self.cpu_ms.items() if kind != GENERATOR)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def middle(runs: Sequence[Run]) -> Run:
    """Each figure's median; what is wrong adds up."""
    kinds = {kind for run in runs for kind in run.cpu_ms}
    return Run(
        rate=median(run.rate for run in runs),
        mean_ms=median(run.mean_ms for run in runs),
        p50_ms=median(run.p50_ms for run in runs),
        p99_ms=median(run.p99_ms for run in runs),
        cpu_ms={kind: median(run.cpu_ms.get(kind, 0.0) for run in runs) for kind in kinds},
        wrong=sum(run.wrong for run in runs),
        requests=sum(run.requests for run in runs),
        others_share=median(run.others_share for run in runs),
    )


class Window:
    """What is spent between two moments: by the processes named, and by all others of the machine."""

    def __init__(self, pids: meter.Pids) -> None:
        self._pids = pids
        self._spent, self._machine, self.began = meter.cpu_ms(pids), meter.machine_ms(), time.perf_counter()

    def close(self) -> None:
        self.ended = time.perf_counter()
        self.spent_ms = meter.between(self._spent, meter.cpu_ms(self._pids))
        others = meter.machine_ms() - self._machine - sum(self.spent_ms.values())
        self.others_share = min(1.0, max(0.0, others / (self.seconds * 1000 * (os.cpu_count() or 1))))

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def each(spent_ms: Mapping[str, float], count: int, kinds: Iterable[str] = ()) -> dict[str, float]:
    """Processor time for each of so many; kinds that are not named go together as the rest."""
    named = set(kinds) or set(spent_ms)
    found = {kind: ms / max(1, count) for kind, ms in spent_ms.items() if kind in named}
    rest = sum(ms for kind, ms in spent_ms.items() if kind not in named)
    return found | ({"rest": rest / max(1, count)} if rest else {})


def rates_by_share(grants: Sequence[tuple[float, int]], shares: Sequence[tuple[float, float]]) -> list[float]:
    """Grants a second while these shares of all places were sold, such as from 0.95 to 1."""
    total, so_far = sum(taken for _, taken in grants), 0
    moments: list[tuple[float, float]] = []
    for at, taken in grants:
        so_far += taken
        moments.append((so_far / total, at))
    rates = []
    for first, last in shares:
        inside = [at for share, at in moments if first < share <= last]
        rates.append(len(inside) / (inside[-1] - inside[0]))
    return rates
