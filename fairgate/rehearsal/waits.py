"""How long the processes waited for a connection to the database, by what they tell of themselves. No Django."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from urllib.error import URLError
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from fairgate.lib.metrics import names

TIMEOUT_S = 2
ASKED = {
    names.POOL_QUEUED.name: "had_to_wait",
    names.POOL_WAIT.name: "waited_s",
    names.POOL_REFUSED.name: "got_none",
}

Waits = dict[str, dict[str, float]]


def read(ports: Mapping[str, Sequence[int]]) -> Waits:
    """By kind, since each process began. Whoever does not answer now tells nothing."""
    found: Waits = {}
    for kind, its in ports.items():
        told: dict[str, float] = defaultdict(float)
        for port in its:
            _add(told, _figures(port))
        if told:
            found[kind] = dict(told)
    return found


def between(before: Waits, after: Waits) -> Waits:
    """Of a process that was started anew meanwhile only what it did since is known."""
    return {
        kind: {name: max(0.0, value - before.get(kind, {}).get(name, 0.0)) for name, value in told.items()}
        for kind, told in after.items()
    }


def _figures(port: int) -> str:
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=TIMEOUT_S) as answer:
            return str(answer.read().decode())
    except (URLError, OSError, ValueError):
        return ""


def _add(told: dict[str, float], text: str) -> None:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in ASKED:
                told[ASKED[sample.name]] += sample.value
