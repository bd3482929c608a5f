"""What an event sells, and from which places."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from fairgate.console.forms.ticket_type import TicketTypeForm
from fairgate.console.pages import UNPROCESSABLE, done, enter, show
from fairgate.console.views.events import find_event
from fairgate.events.models import Event, TicketType
from fairgate.lib.i18n import gettext as _
from fairgate.organizers.permissions import Permission
from fairgate.stock import offers
from fairgate.stock.errors import StockError
from fairgate.stock.models import Draw, Quota


@require_http_methods(["GET", "POST"])
def new_ticket_type(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    """`?session=ID` starts with the places of that date."""
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_event(access, event)
    quotas = _quotas(found)
    form = TicketTypeForm(
        request.POST if request.method == "POST" else None,
        event=found,
        quotas=quotas,
        chosen=_suggested(quotas, request.GET.get("session", "")),
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.chosen_quotas()
        offers.add_ticket_type(chosen[0].session, details=form.details(), quotas=chosen, by=access.user)
        return done(request, _("The ticket type is added."), "event", organizer, event)
    status = UNPROCESSABLE if form.errors else 200
    return show(request, "new_ticket_type.html", access, status=status, form=form, event=found, quotas=quotas)


@require_http_methods(["GET", "POST"])
def ticket_type(request: HttpRequest, organizer: str, event: str, ticket_type: int) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_ticket_type(find_event(access, event), ticket_type)
    form = TicketTypeForm(
        request.POST if request.method == "POST" else None,
        event=found.event,
        quotas=[quota for quota in _quotas(found.event) if quota.session_id == found.session_id],
        chosen=list(Draw.objects.filter(ticket_type=found).values_list("quota_id", flat=True)),
        ticket_type=found,
        are_draws_fixed=offers.are_draws_fixed(found),
    )
    if request.method == "POST" and form.is_valid():
        try:
            offers.edit_ticket_type(found, details=form.details(), quotas=form.chosen_quotas(), by=access.user)
        except StockError as error:
            form.add_error("quotas", error.message)
        else:
            return done(request, _("Saved."), "event", organizer, event)
    status = UNPROCESSABLE if form.errors else 200
    return show(request, "ticket_type.html", access, status=status, form=form, event=found.event, ticket_type=found)


@require_POST
def deactivation(request: HttpRequest, organizer: str, event: str, ticket_type: int) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_ticket_type(find_event(access, event), ticket_type)
    offers.set_on_sale(found, False, by=access.user)
    return done(request, _("“%s” is off sale.") % found.name, "event", organizer, event)


@require_POST
def activation(request: HttpRequest, organizer: str, event: str, ticket_type: int) -> HttpResponse:
    access = enter(request, organizer, Permission.EDIT_EVENTS)
    found = find_ticket_type(find_event(access, event), ticket_type)
    offers.set_on_sale(found, True, by=access.user)
    return done(request, _("“%s” is on sale.") % found.name, "event", organizer, event)


def find_ticket_type(event: Event, ticket_type: int) -> TicketType:
    found = event.ticket_types.select_related("session").filter(pk=ticket_type).first()
    if found is None:
        raise Http404
    found.event = event
    return found


def _quotas(event: Event) -> list[Quota]:
    return list(event.quotas.select_related("session").order_by("session__starts_at", "pk"))


def _suggested(quotas: list[Quota], session: str) -> list[int]:
    """Most events have one number of places a date, so nothing is left to choose."""
    wanted = [quota for quota in quotas if not session or str(quota.session_id) == session]
    return [wanted[0].pk] if len({quota.session_id for quota in wanted}) == 1 else []
