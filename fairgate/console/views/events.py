"""Events: create, look at, edit, put on sale and take off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fairgate.accounts.models import User
from fairgate.checkin.actions import ensure_default_list
from fairgate.checkin.queries import lists_of
from fairgate.console.forms.event import EventForm, NewEventForm
from fairgate.console.forms.places import Kind
from fairgate.console.pages import UNPROCESSABLE, done, enter, show
from fairgate.console.paging import page_of
from fairgate.console.sales import EventSales, sales_of
from fairgate.events import actions, queries
from fairgate.events.errors import CurrencyFixed, CurrencyMisfit, EventError, NotReady, SlugFixed, SlugTaken
from fairgate.events.models import Event, Session, TicketType
from fairgate.lib import addresses, clock
from fairgate.lib.i18n import gettext as _
from fairgate.orders.verification import sale_starts_at
from fairgate.organizers import audit
from fairgate.organizers.permissions import Permission
from fairgate.organizers.queries import Access
from fairgate.stock import offers, seating
from fairgate.stock.layout import EXAMPLE, LayoutMistakes
from fairgate.stock.models import Quota
from fairgate.ui import formats

HISTORY_SHOWN = 20


def find_event(access: Access, slug: str) -> Event:
    try:
        return queries.event_of(access.organizer, slug)
    except Event.DoesNotExist as error:
        raise Http404 from error


@require_GET
def events(request: HttpRequest, organizer: str) -> HttpResponse:
    access = enter(request, organizer, Permission.SEE_SALES)
    page = page_of(queries.events_of(access.organizer), request.GET)
    return show(request, "events.html", access, events=page.rows, page=page)


@require_http_methods(["GET", "POST"])
def new_event(request: HttpRequest, organizer: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    form = NewEventForm(request.POST if request.method == "POST" else None, organizer=access.organizer)
    if request.method == "POST" and form.is_valid():
        try:
            event = _create(access, form)
        except SlugTaken as error:
            form.add_error("slug", error.message)
        except LayoutMistakes as error:
            form.add_error("layout", error.sentences)
        else:
            sentence = _("Your event is ready. Look it over, then put it on sale.")
            return done(request, sentence, "event", organizer, event.slug)
    status = UNPROCESSABLE if form.errors else 200
    return show(request, "new_event.html", access, status=status, form=form, example=EXAMPLE)


@require_GET
def event(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.SEE_SALES)
    return _show_event(request, access, find_event(access, event))


@require_http_methods(["GET", "POST"])
def details(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    form = EventForm(request.POST if request.method == "POST" else None, event=found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_event(found, details=form.details(), by=access.user)
        except EventError as error:
            form.add_error(_field_of(error), error.message)
        else:
            if warning := _warning(found):
                messages.warning(request, warning)
            return done(request, _("Saved."), "event", organizer, found.slug)
        # A refused action may have touched the object; the page shows what is kept.
        found = find_event(access, event)
    status = UNPROCESSABLE if form.errors else 200
    return show(request, "event_details.html", access, status=status, form=form, event=found, warning=_warning(found))


@require_POST
def publication(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    try:
        actions.publish_event(found, by=access.user)
    except NotReady as error:
        return _show_event(request, access, found, refusals=error.reasons)
    return done(request, _("Your event is on sale."), "event", organizer, event)


@require_POST
def closure(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    actions.close_event(find_event(access, event), by=access.user)
    return done(request, _("The sale is closed. Tickets stay valid."), "event", organizer, event)


@require_POST
def reopening(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    try:
        actions.reopen_event(found, by=access.user)
    except NotReady as error:
        return _show_event(request, access, found, refusals=error.reasons)
    return done(request, _("Your event is on sale again."), "event", organizer, event)


def _show_event(request: HttpRequest, access: Access, event: Event, *, refusals: Sequence[str] = ()) -> HttpResponse:
    sales = sales_of([event])[event.pk]
    ticket_types = list(queries.ticket_types_of(event))
    return show(
        request,
        "event.html",
        access,
        status=UNPROCESSABLE if refusals else 200,
        refusals=refusals,
        event=event,
        address=addresses.event(access.organizer.slug, event.slug),
        sales=sales,
        sessions=[_session_card(session, sales, ticket_types) for session in queries.sessions_of(event)],
        missing=[] if event.is_published else actions.what_is_missing(event),
        warning="" if event.is_public else _warning(event),
        check_in_lists=list(lists_of(event)),
        gate=addresses.gate,
        history=list(audit.history(event).reverse()[:HISTORY_SHOWN]),
    )


def _warning(event: Event) -> str:
    """What was set, but keeps nobody away, or everybody."""
    if not event.verified_only:
        return ""
    starts_at = sale_starts_at(event)
    if starts_at is None:
        return _(
            "Only addresses confirmed before the sale begins may order, but no ticket type has a sale that is still "
            "to begin, so anyone can confirm an address at any time. Set “On sale from” of the tickets."
        )
    if starts_at <= clock.now():
        return _(
            "Only addresses confirmed before %(when)s may order. No ticket type has a sale that is still to begin, so "
            "nobody else can confirm an address any more."
        ) % {"when": formats.moment(starts_at, event.time_zone)}
    return ""


def _session_card(session: Session, sales: EventSales, ticket_types: Sequence[TicketType]) -> dict[str, Any]:
    return {
        "session": session,
        "quotas": [quota for quota in sales.quotas if quota.session.pk == session.pk],
        "ticket_types": [kind for kind in ticket_types if kind.session_id == session.pk],
    }


@transaction.atomic
def _create(access: Access, form: NewEventForm) -> Event:
    event = actions.create_event(access.organizer, details=form.event_details(), by=access.user)
    session = actions.add_session(event, details=form.session_details(), by=access.user)
    quota = add_places(session, form.cleaned_data | {"name": _("Places")}, by=access.user)
    offers.add_ticket_type(session, details=form.ticket_type_details(), quotas=[quota], by=access.user)
    ensure_default_list(event)
    return event


def add_places(session: Session, cleaned: dict[str, Any], *, by: User) -> Quota:
    """As a form for places says. Raises LayoutMistakes."""
    if cleaned["kind"] == Kind.SEATS:
        return seating.add_seated_quota(session, name=cleaned["name"], layout=cleaned["layout"], by=by)
    return offers.add_quota(session, name=cleaned["name"], capacity=cleaned["capacity"], by=by)


def _field_of(error: EventError) -> str:
    if isinstance(error, SlugTaken | SlugFixed):
        return "slug"
    return "currency" if isinstance(error, CurrencyFixed | CurrencyMisfit) else "time_zone"
