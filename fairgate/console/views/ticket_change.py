"""A ticket gets another name, date, kind or seat, for a buyer who asks."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from fairgate.console.forms.ticket_change import NameForm, SeatForm, SwapForm
from fairgate.console.pages import UNPROCESSABLE, done, enter, refused, show
from fairgate.console.views.orders import find_order
from fairgate.lib.i18n import gettext as _
from fairgate.orders.changes import rename_ticket, swap_ticket, why_not
from fairgate.orders.errors import OrderError
from fairgate.orders.models import Order, Ticket
from fairgate.orders.queries import find_ticket
from fairgate.organizers.permissions import Permission
from fairgate.organizers.queries import Access
from fairgate.stock.errors import SeatTaken, SeatUnknown, StockError

CONFLICT = 409


@require_http_methods(["GET", "POST"])
def ticket(request: HttpRequest, organizer: str, code: str, reference: str) -> HttpResponse:
    """What can be changed; a POST writes another name on it."""
    access, order, found = _find(request, organizer, code, reference)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": found.attendee_name})
    if request.method != "POST":
        return _show(request, access, order, found, form)
    if not form.is_valid():
        return _show(request, access, order, found, form, status=UNPROCESSABLE)
    try:
        rename_ticket(order, found, name=form.cleaned_data["name"], by=access.user)
    except OrderError as error:
        return refused(request, error.message, "order", organizer, code)
    return _done(request, order, found)


@require_http_methods(["GET", "POST"])
def swap(request: HttpRequest, organizer: str, code: str, reference: str) -> HttpResponse:
    """A GET shows what it would become; a POST does it."""
    access, order, found = _find(request, organizer, code, reference)
    asked = request.POST if request.method == "POST" else request.GET
    form = SwapForm(asked, ticket=found, zone=order.event.time_zone)
    if not form.is_valid():
        name_form = NameForm(initial={"name": found.attendee_name})
        return _show(request, access, order, found, name_form, swap_form=form, status=UNPROCESSABLE)
    target = form.target()
    seat_form = SeatForm(request.POST if request.method == "POST" else None, ticket=found, target=target)
    if request.method != "POST" or not seat_form.is_valid():
        status = UNPROCESSABLE if request.method == "POST" else 200
        return _ask(request, access, order, found, seat_form, status=status)
    try:
        swap_ticket(order, found, ticket_type=target, seat=seat_form.cleaned_data["seat"], by=access.user)
    except (SeatTaken, SeatUnknown) as error:
        seat_form.add_error("seat", error.message)
        return _ask(request, access, order, found, seat_form, status=CONFLICT)
    except (OrderError, StockError) as error:
        return refused(request, error.message, "ticket-change", organizer, code, reference)
    return _done(request, order, found)


def _find(request: HttpRequest, organizer: str, code: str, reference: str) -> tuple[Access, Order, Ticket]:
    access = enter(request, organizer, Permission.CHANGE_ORDERS)
    order = find_order(access, code)
    found = find_ticket(order, reference)
    if found is None:
        raise Http404
    return access, order, found


def _done(request: HttpRequest, order: Order, ticket: Ticket) -> HttpResponse:
    sentence = _("Ticket %(number)s is changed, and a mail with it is on its way to %(email)s.")
    words = {"number": ticket.reference, "email": order.email}
    return done(request, sentence % words, "order", order.organizer.slug, order.code)


def _show(
    request: HttpRequest,
    access: Access,
    order: Order,
    ticket: Ticket,
    form: NameForm,
    *,
    swap_form: SwapForm | None = None,
    status: int = 200,
) -> HttpResponse:
    swap_form = swap_form or SwapForm(None, ticket=ticket, zone=order.event.time_zone)
    return show(
        request,
        "ticket_change.html",
        access,
        status=status,
        form=form,
        swap_form=swap_form,
        **_shared(order, ticket),
    )


def _ask(
    request: HttpRequest, access: Access, order: Order, ticket: Ticket, form: SeatForm, *, status: int
) -> HttpResponse:
    return show(
        request,
        "ticket_swap.html",
        access,
        status=status,
        form=form,
        target=form.target,
        is_own=form.target.pk == ticket.ticket_type_id,
        **_shared(order, ticket),
    )


def _shared(order: Order, ticket: Ticket) -> dict[str, Any]:
    return {"order": order, "event": order.event, "ticket": ticket, "why_not": why_not(ticket)}
