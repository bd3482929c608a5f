"""The pages of a refusal: problem details for the API's addresses, a designed page for people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from fairgate.api.responses import problem_response
from fairgate.lib.headers import PRIVATE
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem

WORDS = {
    400: "broken-json",
    403: "cross-site",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    500: "internal-error",
}


def error_page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    if request.path.startswith("/api/") and status in WORDS:
        return problem_response(Problem(WORDS[status], HTTPStatus(status).description or HTTPStatus(status).phrase))
    response = render(request, f"ui/{status}.html", context, status=status, using="jinja2")
    response.headers["Cache-Control"] = PRIVATE
    return response


def busy(request: HttpRequest) -> HttpResponse:
    problem = Problem("busy", _("This could not be done just now. Please try again in a moment."))
    response = problem_response(problem) if request.path.startswith("/api/") else error_page(request, problem.status)
    response.headers["Retry-After"] = problem.headers["Retry-After"]
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, 403)
