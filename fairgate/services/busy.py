"""What a process says to whom it has no turn for: little work, as there is too much of it already."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from fairgate.lib import headers
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem
from fairgate.ui import door

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

STATUS = "503 Service Unavailable"


def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Problem details for programs; for people the page that the door has for the same case."""
    problem = Problem("busy", _("So many ask for something right now that this took too long. Please try again."))
    if environ["PATH_INFO"].startswith("/api/"):
        body, own = problem.body, problem.headers
    else:
        body, own = _page(), {**problem.headers, "Content-Type": "text/html; charset=utf-8"}
        own["Content-Security-Policy"] = door.csp()
    start_response(STATUS, list({**headers.SECURITY, **own, "Content-Length": str(len(body))}.items()))
    return [body]


@cache
def _page() -> bytes:
    return door.page(503).read_bytes()
