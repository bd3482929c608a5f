"""A buyer changes a ticket: its name, or its date, kind or seat at the same price. The order's secret opens it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from fairgate.events.models import TicketType
from fairgate.lib import addresses
from fairgate.lib.i18n import gettext as _
from fairgate.orders.changes import rename_ticket, swap_ticket, why_not
from fairgate.orders.choices import choices, free_seats, keeps_seat
from fairgate.orders.errors import OrderError
from fairgate.orders.models import Order, Ticket
from fairgate.orders.queries import find_ticket, order_secret
from fairgate.shop.access import same_site_only
from fairgate.shop.forms import InvalidCheckout, clean_holder, clean_id
from fairgate.shop.views.order import own_order
from fairgate.stock.catalog import Left
from fairgate.stock.errors import SeatTaken, SeatUnknown, StockError

CONFLICT = 409


@csrf_exempt  # Nobody is signed in here: the secret address is the authority, and the form is guarded by its origin.
@same_site_only
@require_http_methods(["GET", "HEAD", "POST"])
@own_order
def ticket(request: HttpRequest, order: Order, reference: str) -> HttpResponse:
    """What can be changed; a POST writes another name on it."""
    found = _ticket_of(order, reference)
    if request.method != "POST":
        return _show(request, order, found)
    try:
        rename_ticket(order, found, name=clean_holder(request.POST), by=None)
    except InvalidCheckout as error:
        return _show(request, order, found, errors=error.errors, status=422)
    except OrderError as error:
        return _show(request, order, found, errors={"": error.message}, status=CONFLICT)
    return _changed(order)


@csrf_exempt  # As above.
@same_site_only
@require_http_methods(["GET", "HEAD", "POST"])
@own_order
def swap(request: HttpRequest, order: Order, reference: str) -> HttpResponse:
    """A GET shows what it would become; a POST does it."""
    found = _ticket_of(order, reference)
    asked = request.POST if request.method == "POST" else request.GET
    if not asked.get("to"):
        return _show(request, order, found, errors={"to": _("Choose what to change it to.")}, status=422)
    target = _target(found, clean_id(asked.get("to", "")))
    if request.method != "POST":
        return _ask(request, order, found, target)
    try:
        swap_ticket(order, found, ticket_type=target, seat=clean_id(asked.get("seat", "")), by=None)
    except (SeatTaken, SeatUnknown) as error:
        return _ask(request, order, found, target, errors={"seat": error.message}, status=CONFLICT)
    except (OrderError, StockError) as error:
        return _show(request, order, found, errors={"to": error.message}, status=CONFLICT)
    return _changed(order)


def _ticket_of(order: Order, reference: str) -> Ticket:
    found = find_ticket(order, reference)
    if found is None:
        raise Http404
    return found


def _target(ticket: Ticket, wanted: int | None) -> TicketType:
    """Of the same event; whether a ticket can be changed to it is told when it is tried."""
    target = TicketType.objects.filter(event=ticket.event_id, pk=wanted or 0).select_related("session").first()
    if target is None:
        raise Http404
    return target


def _changed(order: Order) -> HttpResponse:
    return redirect(f"{addresses.order(order.code, order_secret(order))}?changed")


def _show(
    request: HttpRequest, order: Order, ticket: Ticket, *, errors: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    offered = choices(ticket, is_team=False)
    context = _context(order, ticket, errors) | {
        "why_not": why_not(ticket),
        "values": request.POST.dict() or {"name": ticket.attendee_name},
        "choices": [one for one in offered if one.left != Left.NONE],
        "sold_out": [one for one in offered if one.left == Left.NONE],
    }
    return render(request, "shop/ticket.html", context, status=status, using="jinja2")


def _ask(
    request: HttpRequest,
    order: Order,
    ticket: Ticket,
    target: TicketType,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _context(order, ticket, errors) | {
        "why_not": why_not(ticket),
        "to": {
            "id": target.pk,
            "name": target.name,
            "starts_at": target.session.starts_at,
            "ends_at": target.session.ends_at,
            "is_own": target.pk == ticket.ticket_type_id,
        },
        "seats": [(seat.pk, str(seat)) for seat in free_seats(target.pk)],
        "keeps_seat": keeps_seat(ticket, target),
        "values": request.POST.dict(),
    }
    return render(request, "shop/swap.html", context, status=status, using="jinja2")


def _context(order: Order, ticket: Ticket, errors: dict[str, str] | None) -> dict[str, Any]:
    event, organizer = order.event, order.organizer
    order_url = addresses.order(order.code, order_secret(order))
    return {
        "event": {
            "name": event.title,
            "zone": event.time_zone,
            "accent": (event.accent or organizer.accent).lstrip("#"),
            "organizer": {"name": organizer.name, "url": addresses.organizer(organizer.slug)},
            "help_email": organizer.email,
        },
        "order": {"code": order.code, "url": order_url},
        "ticket": {
            "code": ticket.reference,
            "name": ticket.ticket_type.name,
            "type": ticket.ticket_type_id,
            "holder": ticket.attendee_name,
            "starts_at": ticket.session.starts_at,
            "ends_at": ticket.session.ends_at,
            "seat": str(ticket.seat) if ticket.seat else "",
            "url": f"{order_url}tickets/{ticket.reference}/",
        },
        "errors": errors or {},
    }
