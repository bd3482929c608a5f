"""What happens in a test, as the counters of this process tell it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter


@contextmanager
def grown(counter: Counter) -> Iterator[dict[str, float]]:
    """Afterwards it holds what was added, by the value of the label; of one without labels, under an empty word."""
    before, found = _read(counter), dict[str, float]()
    yield found
    after = _read(counter)
    found |= {label: after[label] - before.get(label, 0) for label in after if after[label] != before.get(label, 0)}


def _read(counter: Counter) -> dict[str, float]:
    (family,) = counter.collect()
    return {next(iter(sample.labels.values()), ""): sample.value for sample in family.samples}
