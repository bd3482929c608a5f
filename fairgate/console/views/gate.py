"""From the console to the doors: a signed grant for this device or a program, and the grants that can be revoked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from fairgate.checkin import grants as gate_grants
from fairgate.checkin.models import GateGrant
from fairgate.checkin.queries import open_lists_of
from fairgate.console.forms.gate import KeyForm
from fairgate.console.forms.team import GateForm
from fairgate.console.pages import UNPROCESSABLE, done, enter, person, show, show_without_organizer
from fairgate.lib import addresses, clock, env
from fairgate.lib.cookies import gate_cookie_name
from fairgate.lib.i18n import gettext as _
from fairgate.organizers.permissions import Permission
from fairgate.organizers.queries import Access, memberships_of, organizers_where

CREATED = 201


@require_http_methods(["GET", "POST"])
def gate(request: HttpRequest) -> HttpResponse:
    """POST makes this device a gate: the grant goes into a cookie that the gate service checks."""
    memberships = memberships_of(person(request))
    organizers = organizers_where(memberships, Permission.OPEN_GATE)
    form = GateForm(request.POST if request.method == "POST" else None, organizers=organizers)
    if request.method == "POST" and form.is_valid():
        chosen = next(organizer for organizer in organizers if organizer.slug == form.cleaned_data["organizer"])
        token = gate_grants.issue(person(request), chosen, form.cleaned_data["device"])
        return _with_cookie(redirect("/gate/"), token)
    status = UNPROCESSABLE if form.errors else 200
    return show_without_organizer(request, "gate.html", memberships, status=status, form=form, organizers=organizers)


@require_http_methods(["GET", "POST"])
def grants(request: HttpRequest, organizer: str) -> HttpResponse:
    """POST makes a key for an app or scanner, and its answer is the one page that shows it."""
    access = enter(request, organizer, Permission.REVOKE_GATES)
    form = KeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _show_key(request, access, form.cleaned_data["device"])
    live = (
        GateGrant.objects.filter(organizer=access.organizer, revoked_at__isnull=True, expires_at__gt=clock.now())
        .select_related("user")
        .order_by("-issued_at", "-id")
    )
    status = UNPROCESSABLE if form.errors else 200
    return show(request, "grants.html", access, status=status, grants=list(live), form=form)


@require_POST
def revocation(request: HttpRequest, organizer: str, grant: UUID) -> HttpResponse:
    access = enter(request, organizer, Permission.REVOKE_GATES)
    found = GateGrant.objects.filter(organizer=access.organizer, pk=grant).first()
    if found is None:
        raise Http404
    gate_grants.revoke(found, by=access.user)
    return done(request, _("“%s” can scan no more.") % found.device, "grants", organizer)


def _show_key(request: HttpRequest, access: Access, device: str) -> HttpResponse:
    return show(
        request,
        "gate_key.html",
        access,
        status=CREATED,
        device=device,
        key=gate_grants.issue(access.user, access.organizer, device),
        hours=gate_grants.LIFETIME // timedelta(hours=1),
        lists=list(open_lists_of(access.organizer, now=clock.now())),
        scans_url=env.settings().public_url + addresses.gate_scans(),
        lists_url=env.settings().public_url + addresses.gate_lists(),
    )


def _with_cookie(response: HttpResponse, token: str) -> HttpResponse:
    """Until the browser closes; the grant itself ends sooner or later by its row."""
    is_secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(gate_cookie_name(is_secure), token, httponly=True, samesite="Lax", secure=is_secure)
    return response
