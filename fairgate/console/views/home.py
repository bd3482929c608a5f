"""Where a person starts: what needs a hand today, and how sales go."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from fairgate.console.attention import failed_mail_of, today
from fairgate.console.pages import done, enter, person, show, show_without_organizer
from fairgate.console.sales import sales_of
from fairgate.events.queries import on_sale_of
from fairgate.lib import clock
from fairgate.lib.i18n import ngettext
from fairgate.organizers import audit
from fairgate.organizers.permissions import Permission
from fairgate.organizers.queries import memberships_of, organizers_where
from fairgate.outbox.actions import retry_parked
from fairgate.outbox.models import OutboxMessage

# As many charts as a person looks at; the others are in the list of events.
EVENTS_SHOWN = 6


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Over everything the person works for; straight to the one desk of those who have one."""
    memberships = memberships_of(person(request))
    organizers = organizers_where(memberships, Permission.SEE_SALES)
    if len(organizers) == 1:
        return redirect("console:overview", organizers[0].slug)
    if not organizers and memberships:
        return redirect("console:gate")
    return show_without_organizer(
        request, "home.html", memberships, organizers=organizers, today=today(organizers, now=clock.now())
    )


@require_GET
def overview(request: HttpRequest, organizer: str) -> HttpResponse:
    access = enter(request, organizer, Permission.SEE_SALES)
    now = clock.now()
    events = list(on_sale_of([access.organizer], now=now)[: EVENTS_SHOWN + 1])
    return show(
        request,
        "overview.html",
        access,
        today=today([access.organizer], now=now),
        sales=list(sales_of(events[:EVENTS_SHOWN]).values()),
        has_more=len(events) > EVENTS_SHOWN,
        has_events=bool(events) or access.organizer.events.exists(),
    )


@require_http_methods(["GET", "POST"])
def mail(request: HttpRequest, organizer: str) -> HttpResponse:
    """Mail that was given up. POST tries all of it again."""
    access = enter(request, organizer, Permission.CHANGE_ORDERS)
    messages = list(failed_mail_of([access.organizer]))
    if request.method != "POST":
        return show(request, "mail.html", access, failed=messages)
    with transaction.atomic():
        count = retry_parked(OutboxMessage.objects.filter(pk__in=[message.pk for message in messages]))
        audit.record("mail.retried", access.organizer, organizer=access.organizer, by=access.user, messages=count)
    sentence = ngettext("%s mail is tried again.", "%s mails are tried again.", count) % count
    return done(request, sentence, "overview", organizer)
