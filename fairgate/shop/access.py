"""Guards of the public pages that change something."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from fairgate.lib.origin import is_cross_site

View = Callable[..., HttpResponse]


def read_only(view: View) -> View:
    """Any other method is refused as such, before anybody asks it for a token."""
    return csrf_exempt(require_safe(view))


def same_site_only(view: View) -> View:
    """Refuse a form that another site's page sent."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD") and is_cross_site(
            request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.get_host()
        ):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
