"""The dates of an event."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from fairgate.checkin.actions import check_no_list_names
from fairgate.checkin.errors import CheckinError
from fairgate.console.forms.session import NewSessionForm, SessionForm
from fairgate.console.pages import UNPROCESSABLE, done, enter, refused, show
from fairgate.console.views.events import find_event
from fairgate.events import actions, queries
from fairgate.events.models import Event, Session
from fairgate.lib.i18n import gettext as _
from fairgate.organizers.permissions import Permission
from fairgate.organizers.queries import Access
from fairgate.stock import offers
from fairgate.stock.errors import StockError


@require_http_methods(["GET", "POST"])
def new_session(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    sessions = list(queries.sessions_of(found))
    form = NewSessionForm(request.POST if request.method == "POST" else None, event=found, sessions=sessions)
    if request.method == "POST" and form.is_valid():
        _add(access, found, form, {session.pk: session for session in sessions})
        return done(request, _("The date is added."), "event", organizer, event)
    status = UNPROCESSABLE if form.errors else 200
    return show(request, "new_session.html", access, status=status, form=form, event=found)


@require_http_methods(["GET", "POST"])
def session(request: HttpRequest, organizer: str, event: str, session: int) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_session(find_event(access, event), session)
    form = SessionForm(request.POST if request.method == "POST" else None, event=found.event, session=found)
    if request.method == "POST" and form.is_valid():
        actions.edit_session(found, details=form.details(), by=access.user)
        return done(request, _("Saved."), "event", organizer, event)
    status = UNPROCESSABLE if form.errors else 200
    return show(request, "session.html", access, status=status, form=form, event=found.event, session=found)


@require_POST
def removal(request: HttpRequest, organizer: str, event: str, session: int) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_session(find_event(access, event), session)
    try:
        _remove(access, found)
    except (CheckinError, StockError) as error:
        return refused(request, error.message, "session", organizer, event, session)
    return done(request, _("The date is removed."), "event", organizer, event)


def find_session(event: Event, session: int) -> Session:
    found = event.sessions.filter(pk=session).first()
    if found is None:
        raise Http404
    found.event = event
    return found


@transaction.atomic
def _remove(access: Access, session: Session) -> None:
    check_no_list_names(session)
    offers.remove_session(session, by=access.user)


@transaction.atomic
def _add(access: Access, event: Event, form: NewSessionForm, sessions: dict[int, Session]) -> None:
    session = actions.add_session(event, details=form.details(), by=access.user)
    source = form.cleaned_data["copy_from"]
    if source is not None:
        offers.copy_offer(sessions[source], session, by=access.user)
