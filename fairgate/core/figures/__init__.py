"""What the processes tell that know Django: web, worker and beat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper
from prometheus_client.registry import Collector
from psycopg_pool import ConnectionPool

from fairgate.lib.cache.figures import CACHE
from fairgate.lib.metrics import names, pools
from fairgate.lib.overload import Turns
from fairgate.lib.overload import figures as turns_figures
from fairgate.replicas.figures import REPLICAS


def of_web(turns: Turns) -> tuple[Collector, ...]:
    return (
        *names.HTTP,
        *turns_figures.figures(turns),
        pools.figures(djangos),
        names.HOLD_REQUESTS,
        names.ORDER_REQUESTS,
        names.TICKETS_ISSUED,
        names.TICKETS_CANCELED,
        CACHE,
        REPLICAS,
    )


def djangos() -> Mapping[str, ConnectionPool[Any]]:
    """Those that were opened. To ask Django's connections for theirs would open the others too."""
    found: Mapping[str, ConnectionPool[Any]] = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]
    return found
