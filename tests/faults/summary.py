"""What a long run came to: gathered round by round, told on the terminal and as a page."""

from __future__ import annotations

import os
import platform
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from tests.faults.history import Kind, Result
from tests.faults.rounds import Inflicted, Round

RESULTS = (Result.DONE, Result.SOLD_OUT, Result.REFUSED, Result.UNKNOWN)


@dataclass
class Summary:
    seed: int
    rounds: int = 0
    by_http: Counter[tuple[str, str]] = field(default_factory=Counter)
    in_process: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    resolved: Counter[str] = field(default_factory=Counter)
    inflicted: list[Inflicted] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    expired: int = 0
    places: int = 0
    checker_s: float = 0.0
    seconds: float = 0.0
    differences: int = -1

    def add(self, one: Round) -> None:
        self.rounds += 1
        self.by_http += one.by_http
        self.in_process += one.in_process
        self.refusals += one.refusals
        self.resolved += one.resolved
        self.inflicted += one.inflicted
        self.wrong += one.wrong
        self.expired += one.expired
        self.places += one.places
        self.checker_s += one.checker_s

    @property
    def operations(self) -> int:
        return self.by_http.total() + self.in_process.total()

    @property
    def confirmed(self) -> int:
        return sum(count for (_kind, result), count in self._all().items() if result == Result.DONE)

    def _all(self) -> Counter[tuple[str, str]]:
        return self.by_http + self.in_process

    def as_markdown(self) -> str:
        return "\n\n".join(
            (
                f"Seed {self.seed}, {self.rounds} rounds, {self.seconds / 60:.1f} minutes on {_machine()}.",
                table(("", ""), self._totals()),
                "What was asked and what was answered:",
                table(("Operation", *(str(result) for result in RESULTS)), self._operations()),
                f'"{Result.UNKNOWN}" is an attempt without an answer. Asked again under the same key, or of the same '
                f"thing, these {self.resolved.total():,} ended so: {_listed(self.resolved)}.",
                f"The other refusals: {_listed(self.refusals)}.",
                "Faults, and how many requests by HTTP were in flight at that moment; where web or stock was hit, of "
                "those that web or stock answers:",
                table(("Fault", "times", "least in flight", "median"), self._faults()),
            )
        )

    def _totals(self) -> list[tuple[str, ...]]:
        return [
            ("operations", f"{self.operations:,}"),
            ("of these by HTTP through the door", f"{self.by_http.total():,}"),
            ("of these by lanes and actions in a process of their own", f"{self.in_process.total():,}"),
            ("faults", f"{len(self.inflicted):,}"),
            ("confirmed, and found to have lasted", f"{self.confirmed:,}"),
            ("places taken and given back", f"{self.places:,}"),
            ("holds that expired", f"{self.expired:,}"),
            ("**violations found by the checker**", f"**{len(self.wrong):,}**"),
            ("**differences found by `fairgate audit` at the end**", f"**{self.differences}**"),
            ("time of the checker for all rounds", f"{self.checker_s:.1f} s"),
        ]

    def _operations(self) -> list[tuple[str, ...]]:
        counted = self._all()
        return [(kind, *(f"{counted[kind, result]:,}" for result in RESULTS)) for kind in Kind]

    def _faults(self) -> list[tuple[str, ...]]:
        found: dict[str, list[int]] = defaultdict(list)
        for one in self.inflicted:
            found[str(one.fault)].append(one.in_flight)
        return [
            (name, str(len(counts)), str(min(counts)), f"{statistics.median(counts):.0f}")
            for name, counts in sorted(found.items())
        ]


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{word} {count:,}" for word, count in counts.most_common()) or "none"


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
