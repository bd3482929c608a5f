"""What every answer of Django carries."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse

from fairgate.lib import headers, logs

GetResponse = Callable[[HttpRequest], HttpResponse]


def security_headers(get_response: GetResponse) -> GetResponse:
    """The content policy; and nothing is cached by anyone unless its view says so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", headers.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", headers.PERMISSIONS_POLICY)
        response.headers.setdefault("Cache-Control", headers.PRIVATE)
        if response.cookies or "Cookie" in response.headers.get("Vary", ""):
            response.headers["Cache-Control"] = headers.PRIVATE
        return response

    return middleware


def log_route(get_response: GetResponse) -> GetResponse:
    """Put the route's template and the number of queries on the request's line."""

    def middleware(request: HttpRequest) -> HttpResponse:
        counter = QueryCounter()
        with connection.execute_wrapper(counter):
            response = get_response(request)
        match = request.resolver_match
        logs.add_fact(route=f"/{match.route}" if match else "", queries=counter.count)
        return response

    return middleware


class QueryCounter:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        self.count += 1
        return execute(sql, params, many, context)
