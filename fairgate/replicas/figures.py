"""How the replicas look from this process, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.lib.metrics import names
from fairgate.lib.metrics.figure import Read, Sample
from fairgate.replicas.reading import readable


def _read() -> Iterator[Sample]:
    for watch in readable():
        is_up, lag_s = watch.look()
        yield names.REPLICA_UP, (watch.alias,), is_up
        if lag_s is not None:
            yield names.REPLICA_LAG, (watch.alias,), lag_s


REPLICAS = Read((names.REPLICA_UP, names.REPLICA_LAG), _read)
