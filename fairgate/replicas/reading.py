"""Which server the reads of this request go to."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
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
    return _watches("replica", settings.REPLICA_URLS)


@cache
def spares() -> list[Watch]:
    return _watches("spare", settings.SPARE_URLS)


def _watches(kind: str, urls: Sequence[str]) -> list[Watch]:
    """The connections to one that becomes the primary are given back: it has few, and now those who write need them."""
    names = [f"{kind}{number}" for number in range(1, len(urls) + 1)]
    return [
        Watch(name, url, connections[name].close_pool)  # type: ignore[attr-defined]  # The stubs do not know it yet.
        for name, url in zip(names, urls, strict=True)
    ]


def readable() -> list[Watch]:
    """Those that follow, as they say themselves: when one of them has become the primary, the old one may be back in
    its place."""
    following = [watch for watch in watches() if not watch.is_primary]
    if len(following) < len(watches()):
        following += [watch for watch in spares() if not watch.is_primary]
    return following


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
        following = readable()
        for watch in random.sample(following, len(following)):
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
