"""How every service says no: problem details for programs, a designed page for people; and what each answer carries."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from fairgate.lib import headers, logs
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem

PAGES = (400, 403, 404, 405, 410, 422, 429, 500, 503)
WORDS = {400: "broken-json", 404: "not-found", 405: "method-not-allowed", 413: "too-large", 500: "internal-error"}


def register(app: Flask) -> None:
    app.register_error_handler(Problem, refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.after_request(_finish)


def refuse(problem: Problem) -> Response:
    if request.path.startswith("/api/"):
        return Response(problem.body, problem.status, problem.headers)
    response = error_page(problem.status)
    if "Retry-After" in problem.headers:
        response.headers["Retry-After"] = problem.headers["Retry-After"]
    return response


def busy() -> Problem:
    return Problem("busy", _("So many people are buying right now that this took too long. Please try again."))


def error_page(status: int) -> Response:
    """The designed page of a status; of 500 where it has none of its own."""
    name = f"ui/{status}.html" if status in PAGES else "ui/500.html"
    return Response(current_app.config["TEMPLATES"].get_template(name).render(), status, mimetype="text/html")


def _refuse_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status in WORDS and request.path.startswith("/api/"):
        response = refuse(Problem(WORDS[status], error.description or HTTPStatus(status).phrase))
    else:
        response = error_page(status)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


@cache
def common(is_secure: bool) -> list[tuple[str, str]]:
    """The headers that every answer has, unless its view says otherwise."""
    every = {**headers.SECURITY, "Cache-Control": headers.PRIVATE}
    if is_secure:
        every["Strict-Transport-Security"] = headers.STRICT_TRANSPORT
    return list(every.items())


COMMON = frozenset(name for name, _value in common(True))


def _finish(response: Response) -> Response:
    # One look at what there is: werkzeug's setdefault looks once for each name.
    present = {name.lower() for name, _value in response.headers}
    every = common(current_app.config["SETTINGS"].is_secure)
    response.headers.extend([pair for pair in every if pair[0].lower() not in present])
    logs.add_fact(route=request.url_rule.rule if request.url_rule else "")
    return response
