"""What all pages of the console share: who is asking, and the frame around the answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from fairgate.accounts.models import User
from fairgate.lib.i18n import gettext as _
from fairgate.organizers.models import Membership
from fairgate.organizers.permissions import Permission, may
from fairgate.organizers.queries import Access, access_for, organizers_where
from fairgate.replicas.reading import primary

View = Callable[..., HttpResponse]

UNPROCESSABLE = 422


def signed_in(view: View) -> View:
    """Strangers are sent to sign in and come back; a part of a page makes the whole page go there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        back = request.get_full_path() if request.method == "GET" else reverse("console:home")
        response = redirect_to_login(back)
        return HttpResponseClientRedirect(response.url) if getattr(request, "htmx", False) else response

    return guarded


def enter(request: HttpRequest, organizer: str, needs: Permission) -> Access:
    """Who may come in is read from the primary: a right that was taken away is gone at once."""
    with primary():
        return access_for(person(request), organizer, needs=needs)


def person(request: HttpRequest) -> User:
    return cast(User, request.user)


def show(request: HttpRequest, template: str, access: Access, *, status: int = 200, **context: Any) -> HttpResponse:
    context["url"] = _url
    context["access"] = access
    context["organizer"] = access.organizer
    context["may"] = {permission.name.lower(): access.may(permission) for permission in Permission}
    context["console"] = _frame(request, access.memberships, access.membership)
    return render(request, f"console/{template}", context, status=status, using="jinja2")


def show_without_organizer(
    request: HttpRequest, template: str, memberships: list[Membership], *, status: int = 200, **context: Any
) -> HttpResponse:
    context["url"] = _url
    context["console"] = _frame(request, memberships, None)
    return render(request, f"console/{template}", context, status=status, using="jinja2")


def done(request: HttpRequest, sentence: str, to: str, *args: Any) -> HttpResponse:
    """Say on the next page that it worked."""
    messages.success(request, sentence)
    return redirect(f"console:{to}", *args)


def refused(request: HttpRequest, sentence: str, to: str, *args: Any) -> HttpResponse:
    """Say on the next page why it did not."""
    messages.error(request, sentence)
    return redirect(f"console:{to}", *args)


def _url(name: str, *args: Any) -> str:
    return reverse(name, args=args)


def _frame(request: HttpRequest, memberships: Any, current: Membership | None) -> dict[str, Any]:
    desks = organizers_where(memberships, Permission.SEE_SALES)
    return {
        "user": person(request).email,
        "is_operator": person(request).is_staff,
        "organizer": current and _link(current.organizer.name, _start(current)),
        "organizers": [_link(desk.name, reverse("console:overview", args=[desk.slug])) for desk in desks],
        "nav": _sections(request, current) if current else [],
    }


def _start(membership: Membership) -> str:
    if may(membership.role, Permission.SEE_SALES):
        return reverse("console:overview", args=[membership.organizer.slug])
    return reverse("console:gate")


def _link(name: str, url: str) -> dict[str, str]:
    return {"name": name, "url": url}


def _sections(request: HttpRequest, membership: Membership) -> list[dict[str, Any]]:
    sections = [
        (_("Overview"), "overview", "home", Permission.SEE_SALES),
        (_("Events"), "events", "calendar", Permission.SEE_SALES),
        (_("Orders"), "orders", "list", Permission.SEE_ORDERS),
        (_("Gate"), "grants", "gate", Permission.REVOKE_GATES),
        (_("Team"), "team", "people", Permission.MANAGE_TEAM),
        (_("Settings"), "settings", "settings", Permission.MANAGE_TEAM),
    ]
    overview = reverse("console:overview", args=[membership.organizer.slug])
    nav = []
    for label, name, icon, needs in sections:
        if may(membership.role, needs):
            url = reverse(f"console:{name}", args=[membership.organizer.slug])
            is_current = request.path == url or (url != overview and request.path.startswith(url))
            nav.append({"label": label, "url": url, "icon": icon, "is_current": is_current})
    return nav
