"""How many requests, how they ended and how long they took, by route."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from fairgate.lib import logs
from fairgate.lib.metrics.names import REQUEST_SECONDS, REQUESTS
from fairgate.lib.wsgi import Ending

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# HEAD is answered as GET is. Whatever else a visitor may think of is one more, so that nobody makes labels.
METHODS = {**dict.fromkeys(("GET", "HEAD"), "GET"), **{name: name for name in ("POST", "PUT", "PATCH", "DELETE")}}
OTHER = "other"
# What no view answers, such as an address that nobody knows.
UNKNOWN = "unknown"
STATIC = "/static/"


def note(route: str, method: str, status: int, seconds: float) -> None:
    count, observe = _counting(route, METHODS.get(method, OTHER), status // 100)
    count()
    observe(seconds)


@cache
def _counting(route: str, method: str, kind: int) -> tuple[Callable[[], None], Callable[[float], None]]:
    """What is found once for good: to find it costs more than to count."""
    return REQUESTS.labels(route, method, f"{kind}xx").inc, REQUEST_SECONDS.labels(route, method).observe


class WithRequests:
    """A WSGI app that counts the requests of the app inside, by what stands on their log lines: inside RequestLog."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        facts = logs.facts.get() or {}

        def end(status: int | None = None) -> None:
            status = facts.get("status", 0) if status is None else status
            note(_route(facts, environ), environ["REQUEST_METHOD"], status, time.perf_counter() - began)

        try:
            return Ending(self._app(environ, start_response), end)
        except BaseException:
            end(500)
            raise


def _route(facts: dict[str, Any], environ: WSGIEnvironment) -> str:
    if route := facts.get("route"):
        return str(route)
    return STATIC if environ["PATH_INFO"].startswith(STATIC) else UNKNOWN
