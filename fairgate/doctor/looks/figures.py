"""What the processes tell of their pools, turns and lanes at /metrics, looked at twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

# Longer than a process waits for those of its interpreters that stand still.
TIMEOUT_S = 2.5
TELLING = ("web", "stock", "gate", "worker")

Labels = frozenset[tuple[str, str]]
Samples = dict[tuple[str, Labels], float]


@dataclass(frozen=True)
class Figures:
    """Of one process of `fairgate status`."""

    process: str
    before: Samples
    now: Samples

    def total(self, name: str, **labels: str) -> float:
        return _total(self.now, name, labels)

    def more(self, name: str, **labels: str) -> float:
        """Of a counter, what was added. An interpreter that was exchanged meanwhile begins at 0."""
        return max(0.0, _total(self.now, name, labels) - _total(self.before, name, labels))

    def each(self, name: str) -> Iterable[tuple[dict[str, str], float]]:
        return [(dict(labels), value) for (known, labels), value in self.now.items() if known == name]


def look(told: Callable[[], Iterable[Mapping[str, Any]]], pause: Callable[[], None]) -> tuple[Figures, ...]:
    """`told`: what the supervisor says of the processes. One that does not answer has no figures."""
    asked = {f"{one['name']}-{one['index']}": int(one["port"]) for one in told() if one["name"] in TELLING}
    with ThreadPoolExecutor(max(1, len(asked))) as hands:
        before = dict(zip(asked, hands.map(_ask, asked.values()), strict=True))
        pause()
        # Who did not answer once is not waited for again.
        answering = [name for name in asked if before[name]]
        now = dict(zip(answering, hands.map(_ask, map(asked.__getitem__, answering)), strict=True))
    return tuple(Figures(name, before[name], now[name]) for name in answering if now[name])


def read(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _ask(port: int) -> Samples:
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        body = answer.read().decode()
        return read(body) if answer.status == 200 else {}
    except (OSError, HTTPException, ValueError):
        return {}
    finally:
        connection.close()


def _total(samples: Samples, name: str, labels: Mapping[str, str]) -> float:
    wanted = frozenset(labels.items())
    return sum(value for (known, has), value in samples.items() if known == name and wanted <= has)
