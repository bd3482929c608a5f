"""The universal scalability law: what N processes do, of what one does, when they wait for each other.

    X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))

N. J. Gunther: A Simple Capacity Model of Massively Parallel Transaction Systems, CMG 1993; Guerrilla Capacity Planning,
Springer, 2007, ch. 4 to 6. `sigma` is contention (a queue for something shared; alone it is Amdahl's law), `kappa`
coherency (each has to hear from each other); with it, too many do less than fewer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
TURNS = 200
CLOSE = 1e-13


@dataclass(frozen=True)
class Law:
    one: float
    contention: float = 0.0
    coherency: float = 0.0

    def throughput(self, processes: float) -> float:
        others = processes - 1
        return self.one * processes / (1 + self.contention * others + self.coherency * processes * others)

    @property
    def peak(self) -> float:
        """Where one more begins to harm."""
        return math.sqrt((1 - self.contention) / self.coherency) if self.coherency else float("inf")

    def processes_for(self, throughput: float, most: int) -> int | None:
        """The fewest that do so much; None if so many as are allowed do not, or none would."""
        counts = range(1, min(most, math.floor(min(self.peak, most))) + 1)
        return next((count for count in counts if self.throughput(count) >= throughput), None)


def fit(points: Iterable[Point]) -> Law:
    """Least squares over what was measured, (N, X); neither parameter below zero, which would mean work from nothing.

    For each choice of which of them are zero: begun by the linear form N / X = 1/lambda + sigma/lambda (N - 1) + ...,
    then Gauss and Newton on X itself.
    """
    measured = list(points)
    if len({processes for processes, _ in measured}) < 2 or any(n <= 0 or x <= 0 for n, x in measured):
        raise ValueError("A law needs positive throughputs of at least two numbers of processes.")
    found = [_fit(measured, (sigma, kappa)) for sigma in (True, False) for kappa in (True, False)]
    return min((law for law in found if law), key=lambda law: _squares(law, measured))


def _fit(measured: Sequence[Point], used: tuple[bool, bool]) -> Law | None:
    if len({processes for processes, _ in measured}) < 1 + sum(used):
        return None
    start = _linear(measured, used)
    law = _refined(start, measured, used) if start else None
    return law if law and law.contention >= 0 and law.coherency >= 0 and law.one > 0 else None


def _linear(measured: Sequence[Point], used: tuple[bool, bool]) -> Law | None:
    """Weighted by X / N, so that it is relative errors that it makes small."""
    rows = [[x / n * term for term in (1.0, *_kept((n - 1, n * (n - 1)), used))] for n, x in measured]
    solved = _least_squares(rows, [1.0] * len(rows))
    if solved is None or solved[0] <= 0:
        return None
    sigma, kappa = _spread(solved[1:], used)
    return Law(1 / solved[0], sigma / solved[0], kappa / solved[0])


def _refined(law: Law, measured: Sequence[Point], used: tuple[bool, bool]) -> Law:
    for _ in range(TURNS):
        rows, rest = [], []
        for n, x in measured:
            share, expected = n / _below(law, n), law.throughput(n)
            slopes = _kept((-expected * (n - 1) / _below(law, n), -expected * n * (n - 1) / _below(law, n)), used)
            rows.append([share, *slopes])
            rest.append(x - expected)
        step = _least_squares(rows, rest)
        if step is None:
            return law
        better = _shorter(law, step, used, lambda tried: _squares(tried, measured))
        if better is None or abs(better.one - law.one) <= CLOSE * law.one:
            return better or law
        law = better
    return law


def _shorter(law: Law, step: list[float], used: tuple[bool, bool], squares: Callable[[Law], float]) -> Law | None:
    """The step, or half of it, and so on, until it makes things better."""
    sigma, kappa = _spread(step[1:], used)
    for halvings in range(30):
        part = 0.5**halvings
        tried = Law(law.one + part * step[0], law.contention + part * sigma, law.coherency + part * kappa)
        if tried.one > 0 and squares(tried) < squares(law):
            return tried
    return None


def _below(law: Law, n: float) -> float:
    return 1 + law.contention * (n - 1) + law.coherency * n * (n - 1)


def _squares(law: Law, measured: Sequence[Point]) -> float:
    if any(_below(law, n) <= 0 for n, _ in measured):
        return float("inf")
    return sum((x - law.throughput(n)) ** 2 for n, x in measured)


def _kept(terms: tuple[float, float], used: tuple[bool, bool]) -> list[float]:
    return [term for term, is_used in zip(terms, used, strict=True) if is_used]


def _spread(values: Sequence[float], used: tuple[bool, bool]) -> tuple[float, float]:
    left = iter(values)
    sigma, kappa = (next(left) if is_used else 0.0 for is_used in used)
    return sigma, kappa


def _least_squares(rows: Sequence[Sequence[float]], wanted: Sequence[float]) -> list[float] | None:
    """By the normal equations, each column on a scale of its own; there are three unknowns at most."""
    scales = [math.sqrt(sum(row[i] ** 2 for row in rows)) or 1.0 for i in range(len(rows[0]))]
    scaled = [[value / scale for value, scale in zip(row, scales, strict=True)] for row in rows]
    size = range(len(scales))
    left = [[sum(row[i] * row[j] for row in scaled) for j in size] for i in size]
    right = [sum(row[i] * value for row, value in zip(scaled, wanted, strict=True)) for i in size]
    solved = _solved(left, right)
    return [value / scale for value, scale in zip(solved, scales, strict=True)] if solved else None


def _solved(left: list[list[float]], right: list[float]) -> list[float] | None:
    """By elimination, the largest first; None if there is no single answer."""
    rows = [[*row, value] for row, value in zip(left, right, strict=True)]
    for i in range(len(rows)):
        largest = max(range(i, len(rows)), key=lambda j: abs(rows[j][i]))
        rows[i], rows[largest] = rows[largest], rows[i]
        if abs(rows[i][i]) < 1e-14:
            return None
        for j in range(len(rows)):
            if j != i:
                part = rows[j][i] / rows[i][i]
                rows[j] = [a - part * b for a, b in zip(rows[j], rows[i], strict=True)]
    return [row[-1] / row[i] for i, row in enumerate(rows)]
