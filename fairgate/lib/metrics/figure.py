"""A figure that is read when somebody asks, rather than counted when something happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client.core import Metric
from prometheus_client.registry import Collector


@dataclass(frozen=True)
class Figure:
    """A counter's name ends in `_total`, and no other's does."""

    name: str
    about: str
    labels: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        return "counter" if self.name.endswith("_total") else "gauge"

    def family(self) -> Metric:
        return Metric(self.name.removesuffix("_total"), self.about, self.type)


# A figure, the values of its labels, and its own.
Sample = tuple[Figure, tuple[str, ...], float]


class Read(Collector):
    """Tells each of its figures, also those that have no value now, so that a page of help knows them."""

    def __init__(self, figures: Sequence[Figure], read: Callable[[], Iterable[Sample]]) -> None:
        self._figures = figures
        self._read = read

    def collect(self) -> Iterator[Metric]:
        families = {figure: figure.family() for figure in self._figures}
        for figure, labels, value in self._read():
            families[figure].add_sample(figure.name, dict(zip(figure.labels, labels, strict=True)), value)
        yield from families.values()
