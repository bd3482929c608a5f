"""Whom the gates of an event let in."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from fairgate.checkin import actions
from fairgate.checkin.errors import CheckinError, NameTaken, OtherDate
from fairgate.checkin.models import CheckinList
from fairgate.checkin.queries import lists_of
from fairgate.console.forms.gate import CheckInListForm
from fairgate.console.pages import UNPROCESSABLE, done, enter, refused, show
from fairgate.console.views.events import find_event
from fairgate.events import queries
from fairgate.events.models import Event
from fairgate.lib.i18n import gettext as _
from fairgate.organizers.permissions import Permission


@require_http_methods(["GET", "POST"])
def new_check_in_list(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    form = _form(request, found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.create_list(found, **form.parts(), by=access.user)
        except CheckinError as error:
            form.add_error(_field_of(error), error.message)
        else:
            return done(request, _("The check-in list is added."), "event", organizer, event)
    status = UNPROCESSABLE if form.errors else 200
    return show(request, "new_check_in_list.html", access, status=status, form=form, event=found)


@require_http_methods(["GET", "POST"])
def check_in_list(request: HttpRequest, organizer: str, event: str, check_in_list: int) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_check_in_list(find_event(access, event), check_in_list)
    form = _form(request, found.event, check_in_list=found)
    name = found.name
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_list(found, **form.parts(), by=access.user)
        except CheckinError as error:
            form.add_error(_field_of(error), error.message)
        else:
            return done(request, _("Saved."), "event", organizer, event)
    status = UNPROCESSABLE if form.errors else 200
    context = {"form": form, "event": found.event, "check_in_list": found, "name": name}
    return show(request, "check_in_list.html", access, status=status, **context)


@require_POST
def removal(request: HttpRequest, organizer: str, event: str, check_in_list: int) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_check_in_list(find_event(access, event), check_in_list)
    try:
        actions.remove_list(found, by=access.user)
    except CheckinError as error:
        return refused(request, error.message, "check-in-list", organizer, event, check_in_list)
    return done(request, _("The check-in list is removed."), "event", organizer, event)


def find_check_in_list(event: Event, check_in_list: int) -> CheckinList:
    found = lists_of(event).filter(pk=check_in_list).first()
    if found is None:
        raise Http404
    found.event = event
    return found


def _form(request: HttpRequest, event: Event, **options: Any) -> CheckInListForm:
    return CheckInListForm(
        request.POST if request.method == "POST" else None,
        event=event,
        sessions=list(queries.sessions_of(event)),
        ticket_types=list(queries.ticket_types_of(event)),
        **options,
    )


def _field_of(error: CheckinError) -> str | None:
    if isinstance(error, NameTaken):
        return "name"
    return "ticket_types" if isinstance(error, OtherDate) else None
