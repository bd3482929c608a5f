"""What every answer of Django carries."""

from __future__ import annotations

from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from psycopg_pool import PoolTimeout

from fairgate.core.errors import busy
from fairgate.lib import headers, logs
from fairgate.lib.retries import Retries

# Below these, the address itself is what opens a door.
SECRET_PLACES = ("/orders/", "/accounts/password/")

# What becomes smaller; pictures and fonts are so already.
COMPRESSIBLE = ("text/", "application/json", "application/javascript", "image/svg+xml")

GetResponse = Callable[[HttpRequest], HttpResponse]


def security_headers(get_response: GetResponse) -> GetResponse:
    """The content policy; and nothing is cached by anyone unless its view says so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith(SECRET_PLACES):
            response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Content-Security-Policy", headers.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", headers.PERMISSIONS_POLICY)
        response.headers.setdefault("Cache-Control", headers.PRIVATE)
        if response.cookies or "Cookie" in response.headers.get("Vary", ""):
            response.headers["Cache-Control"] = headers.PRIVATE
        return response

    return middleware


class CompressPublic(GZipMiddleware):
    """Here rather than in the door, which would do it anew for each visitor: it keeps what is compressed.

    Nothing private is: the length of a secret beside what a visitor typed would tell the secret (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_public = "public" in response.headers.get("Cache-Control", "") and not response.cookies
        if response.status_code != 200 or not is_public:
            return response
        if not response.headers.get("Content-Type", "").startswith(COMPRESSIBLE):
            return response
        return super().process_response(request, response)


def log_route(get_response: GetResponse) -> GetResponse:
    """Put the route's template on the request's line."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        match = request.resolver_match
        logs.add_fact(route=f"/{match.route}" if match else "")
        return response

    return middleware


def say_busy_without_database(get_response: GetResponse) -> GetResponse:
    """A database that is away for a moment is no error of the page: 503, and the same request may come again.

    One that was away has cut all connections, those that wait in the pool too. They are forgotten together, and what
    only reads is read again.
    """

    retries = Retries()

    class Middleware:
        def __call__(self, request: HttpRequest) -> HttpResponse:
            for _try in retries.tries(2):
                response = get_response(request)
                if request.method not in ("GET", "HEAD") or not getattr(request, "has_lost_database", False):
                    break
            return response

        def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
            if not isinstance(exception, OperationalError | InterfaceError | PoolTimeout):
                return None
            has_lost = _forget_lost_connections()
            logs.log.warning("database_away", error=type(exception).__name__, has_lost=has_lost)
            request.has_lost_database = has_lost  # type: ignore[attr-defined]
            return busy(request)

    return Middleware()


def _forget_lost_connections() -> bool:
    """Whether this request's own was lost."""
    lost = [one for one in connections.all(initialized_only=True) if one.connection and one.connection.closed]
    for one in lost:
        one.close()
        one.pool.drain()  # type: ignore[attr-defined]  # PostgreSQL's.
    return bool(lost)
