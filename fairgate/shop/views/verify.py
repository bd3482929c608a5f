"""Confirming an address before the sale of an event that sells to confirmed addresses alone."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from fairgate.events.models import Event
from fairgate.lib import addresses
from fairgate.lib.i18n import gettext as _
from fairgate.orders import verification
from fairgate.orders.contact import clean_email
from fairgate.orders.errors import TooLateToVerify
from fairgate.shop.access import same_site_only

GONE = 410


@csrf_exempt  # Nobody is signed in here; what is asked for goes to the address that was typed, whoever typed it.
@same_site_only
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    """The answer is the same whatever is known of the address."""
    found = _event_for_confirmed(organizer, event)
    if not verification.is_open(found):
        return _show(request, "confirm.html", found, state="late", status=GONE)
    if request.method != "POST":
        return _show(request, "confirm.html", found, state="open")
    email = clean_email(request.POST.get("email", ""))
    if not email:
        errors = {"email": _("Use an email address such as ben@example.org.")}
        return _show(request, "confirm.html", found, state="open", errors=errors, status=422)
    verification.ask(found, email)
    return _show(request, "confirm.html", found, state="sent")


@csrf_exempt  # As above: the link of the mail is the authority.
@same_site_only
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, organizer: str, event: str, token: str) -> HttpResponse:
    """Only a POST confirms: programs that look into mails for danger follow every link."""
    found = _event_for_confirmed(organizer, event)
    who = verification.buyer_of(found, token)
    if who is None:
        raise Http404
    if request.method == "POST":
        try:
            verification.verify(found, who)
        except TooLateToVerify:
            return _show(request, "confirmed.html", found, state="late", status=GONE)
        return redirect(request.path)
    if verification.is_verified(found, who):
        return _show(request, "confirmed.html", found, state="done")
    if verification.is_open(found):
        return _show(request, "confirmed.html", found, state="open")
    return _show(request, "confirmed.html", found, state="late", status=GONE)


def _event_for_confirmed(organizer: str, slug: str) -> Event:
    found = Event.objects.select_related("organizer").filter(organizer__slug=organizer, slug=slug).first()
    if found is None or not found.is_public or not found.verified_only:
        raise Http404
    return found


def _show(
    request: HttpRequest,
    template: str,
    event: Event,
    *,
    state: str,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    organizer = event.organizer
    context: dict[str, Any] = {
        "event": {
            "name": event.title,
            "url": addresses.event(organizer.slug, event.slug),
            "zone": event.time_zone,
            "accent": event.color.lstrip("#"),
            "organizer": {"name": organizer.name, "url": addresses.organizer(organizer.slug)},
        },
        "state": state,
        "until": verification.sale_starts_at(event),
        "confirm_url": addresses.confirmation(organizer.slug, event.slug),
        "values": request.POST.dict(),
        "errors": errors or {},
    }
    response = render(request, f"shop/{template}", context, status=status, using="jinja2")
    # The link of a mail is a secret.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
