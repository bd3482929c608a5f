"""How every view of the API answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem

View = Callable[..., HttpResponse]


def problem_response(problem: Problem) -> HttpResponse:
    return HttpResponse(problem.body, status=problem.status, headers=problem.headers)


def problems_as_json(view: View) -> View:
    """A Problem that the view raises becomes its answer."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Problem as problem:
            return problem_response(problem)
        except RequestDataTooBig:
            return problem_response(Problem("too-large", _("The body is too large; send at most 256 KB.")))

    return answer


def require_methods(*methods: str) -> Callable[[View], View]:
    """Refuse any other method with problem details, and say which there are."""
    allowed = {*methods, "HEAD"} if "GET" in methods else set(methods)

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method in allowed:
                return view(request, *args, **kwargs)
            response = problem_response(Problem("method-not-allowed", _("This address does not take that method.")))
            response.headers["Allow"] = ", ".join(sorted(allowed))
            return response

        return answer

    return decorate
