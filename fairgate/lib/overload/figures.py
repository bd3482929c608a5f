"""What `Turns` are like at the moment, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.registry import Collector

from fairgate.lib.metrics import names
from fairgate.lib.metrics.figure import Read, Sample
from fairgate.lib.overload.turns import Turns
from fairgate.lib.overload.wsgi import RANKS

READ = (names.TURNS_LIMIT, names.TURNS_MOST, names.TURNS_AT_WORK, names.TURNS_WAITING)


def figures(turns: Turns) -> tuple[Collector, ...]:
    """All that there is to tell of them."""

    def read() -> Iterator[Sample]:
        now = turns.look()
        yield names.TURNS_LIMIT, (), now.limit
        yield names.TURNS_MOST, (), now.most
        for word, rank in RANKS.items():
            yield names.TURNS_AT_WORK, (word,), now.at_work.get(rank, 0)
            yield names.TURNS_WAITING, (word,), now.waiting.get(rank, 0)

    return Read(READ, read), names.TURNS_REFUSED, names.TURN_WAIT
