"""Which server the reads of this request go to."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse
from psycopg_pool import PoolTimeout

from fairgate.lib import logs
from fairgate.replicas.token import Token, newer
from fairgate.replicas.watch import Watch

WAIT_S = 0.05
View = Callable[..., HttpResponse]

_alias: ContextVar[str] = ContextVar("alias", default=DEFAULT_DB_ALIAS)


@cache
def watches() -> list[Watch]:
    return [Watch(f"replica{number}", url) for number, url in enumerate(settings.REPLICA_URLS, 1)]


def alias() -> str:
    return _alias.get()


@contextmanager
def primary() -> Iterator[None]:
    """For what a replica may not decide although it is asked in a view that reads from one: who may see it."""
    before = _alias.set(DEFAULT_DB_ALIAS)
    try:
        yield
    finally:
        _alias.reset(before)


def may_read_replica(view: View) -> View:
    """A view that only shows. Its GET reads from a replica that has all that the reader has seen, else the primary."""

    @wraps(view)
    def reading(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or not watches():
            return view(request, *args, **kwargs)
        seen: Token | None = getattr(request, "seen", None)
        for watch in random.sample(watches(), len(watches())):
            has = watch.covering(seen, WAIT_S)
            if has is None:
                continue
            try:
                with _reading_from(watch):
                    response = view(request, *args, **kwargs)
            except (OperationalError, InterfaceError, PoolTimeout) as error:
                logs.log.warning("replica_failed", replica=watch.alias, error=type(error).__name__)
                watch.forget()
                continue
            request.seen = newer(seen, has)  # type: ignore[attr-defined]
            logs.add_fact(read_from=watch.alias)
            return response
        request.has_read_primary = True  # type: ignore[attr-defined]
        logs.add_fact(read_from="primary")
        return view(request, *args, **kwargs)

    return reading


@contextmanager
def _reading_from(watch: Watch) -> Iterator[None]:
    connection = connections[watch.alias]
    connection.ensure_connection()
    before = _alias.set(watch.alias)
    try:
        with watch.reading(connection.connection.pgconn.socket):
            yield
    except (OperationalError, InterfaceError):
        connection.close()
        raise
    finally:
        _alias.reset(before)
