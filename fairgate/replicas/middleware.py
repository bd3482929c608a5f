"""Who works at the console carries what was seen there, in a cookie. Without replicas this does nothing."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from fairgate.lib.lsn import lsn
from fairgate.replicas import token
from fairgate.replicas.token import Token

COOKIE = "fairgate-seen"
# The only addresses with views that read from replicas.
PLACE = "/console/"
# Longer than a replica that is in use may be behind, see watch.MAX_LAG_S.
LIFETIME_S = 60
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
WRITTEN = "SELECT pg_walfile_name(pg_current_wal_flush_lsn()), pg_current_wal_flush_lsn()::text"

GetResponse = Callable[[HttpRequest], HttpResponse]


def remember_what_was_seen(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        if not settings.REPLICA_URLS or not request.path.startswith(PLACE):
            return get_response(request)
        carried = token.read(request.COOKIES.get(COOKIE, ""))
        request.seen = carried  # type: ignore[attr-defined]
        response = get_response(request)
        if request.method not in SAFE or getattr(request, "has_read_primary", False):
            request.seen = _written()  # type: ignore[attr-defined]
        seen: Token | None = request.seen  # type: ignore[attr-defined]
        if seen is not None and seen != carried:
            response.set_cookie(
                COOKIE,
                str(seen),
                LIFETIME_S,
                path=PLACE,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

    return middleware


def _written() -> Token:
    """What the primary has on disk by now: all that this request has committed or read there, at least."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        file, position = cursor.fetchone()
    return Token(int(file[:8], 16), lsn(position))
