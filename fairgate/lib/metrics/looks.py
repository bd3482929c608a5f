"""What was seen at the last look at something that is not asked at every scrape: a database, a broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fairgate.lib import logs
from fairgate.lib.metrics.figure import Sample
from fairgate.lib.metrics.names import SOURCE_UP


class Looks:
    """While a source does not answer nothing is told of it: an old number would look like a good one."""

    def __init__(self, *sources: str) -> None:
        self._seen: dict[str, list[Sample] | None] = dict.fromkeys(sources)
        self._is_away: dict[str, bool] = dict.fromkeys(sources, False)

    @contextmanager
    def at(self, source: str) -> Iterator[list[Sample]]:
        """Fill the list. What goes wrong is told once and goes through."""
        found: list[Sample] = []
        try:
            yield found
        except Exception as error:
            self._seen[source] = None
            if not self._is_away[source]:
                logs.log.warning("figures_away", source=source, error=logs.described(error))
            self._is_away[source] = True
            raise
        self._seen[source] = found
        self._is_away[source] = False

    def read(self) -> Iterator[Sample]:
        for source, found in self._seen.items():
            yield SOURCE_UP, (source,), found is not None
            yield from found or ()
