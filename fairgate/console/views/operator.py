"""The operator's page: the installation at a glance, for those who may use /admin/."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRedirect

from fairgate.console import operator
from fairgate.console.findings import findings_of, size
from fairgate.console.pages import View, show_without_organizer


def operators_only(view: View) -> View:
    """Strangers may sign in; for everyone else who is signed in there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if admin.site.has_permission(request):
            return view(request, *args, **kwargs)
        if request.user.is_authenticated:
            raise Http404
        response = redirect_to_login(reverse("operator:page"))
        return HttpResponseClientRedirect(response.url) if getattr(request, "htmx", False) else response

    return guarded


@operators_only
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    return show_without_organizer(request, "operator.html", [], **_seen())


@operators_only
@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """The part that changes."""
    if not getattr(request, "htmx", False):
        return redirect("operator:page")
    return show_without_organizer(request, "_operator_now.html", [], **_seen())


def _seen() -> dict[str, Any]:
    seen, pool = operator.operations(), operator.pool()
    return {
        "seen": seen,
        "pool": pool,
        "findings": findings_of(seen, pool),
        "cache": operator.cache_counts(),
        "errors": operator.errors(),
        "size": size,
    }
