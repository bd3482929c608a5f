"""The buyer's order. Its address is the secret, so no other site and no cache may learn it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import wraps
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from fairgate.lib import addresses
from fairgate.lib.i18n import gettext as _
from fairgate.orders.actions import resend_tickets
from fairgate.orders.choices import changeable
from fairgate.orders.errors import AlreadyCanceled
from fairgate.orders.models import Order, Ticket
from fairgate.orders.queries import find_order, has_order_secret, order_secret, ticket_code
from fairgate.shop.access import read_only, same_site_only
from fairgate.stock.seats import names_together
from fairgate.tickets import calendar, codes, pdf

View = Callable[..., HttpResponse]


def own_order(view: View) -> View:
    """Give the view the order behind the address; who does not know the secret finds nothing."""

    @wraps(view)
    def with_order(request: HttpRequest, code: str, secret: str, **kwargs: Any) -> HttpResponse:
        if not has_order_secret(code, secret):
            raise Http404
        order = find_order(code)
        if order is None:
            raise Http404
        response = view(request, order, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return with_order


@read_only
@own_order
def show(request: HttpRequest, order: Order) -> HttpResponse:
    return render(request, "shop/order.html", _context(order, done=_done(request)), using="jinja2")


@read_only
@own_order
def tickets_pdf(request: HttpRequest, order: Order) -> HttpResponse:
    _paid_only(order)
    headers = {"Content-Disposition": f'inline; filename="tickets-{order.code}.pdf"'}
    return HttpResponse(pdf.render(order), content_type="application/pdf", headers=headers)


@read_only
@own_order
def calendar_file(request: HttpRequest, order: Order) -> HttpResponse:
    _paid_only(order)
    headers = {"Content-Disposition": f'attachment; filename="{order.code}.ics"'}
    return HttpResponse(calendar.render(order), content_type="text/calendar; charset=utf-8", headers=headers)


@csrf_exempt  # Nobody is signed in here: the secret address is the authority, and the form is guarded by its origin.
@same_site_only
@require_POST
@own_order
def resend(request: HttpRequest, order: Order) -> HttpResponse:
    try:
        resend_tickets(order, by=None)
    except AlreadyCanceled as error:
        raise Http404 from error
    return redirect(f"{addresses.order(order.code, order_secret(order))}?sent")


def _done(request: HttpRequest) -> str:
    """What was just done on this page or below it."""
    return next((what for what in ("sent", "changed") if what in request.GET), "")


def _paid_only(order: Order) -> None:
    if not order.is_paid:
        raise Http404


def _good_tickets(order: Order) -> list[Ticket]:
    return [ticket for ticket in order.tickets.all() if not ticket.is_canceled]


def _context(order: Order, *, done: str) -> dict[str, Any]:
    event, organizer, secret = order.event, order.organizer, order_secret(order)
    can_change = changeable(order)
    return {
        "event": {
            "name": event.title,
            "url": addresses.event(organizer.slug, event.slug),
            "zone": event.time_zone,
            "accent": (event.accent or organizer.accent).lstrip("#"),
            "place": event.place,
            "address": event.address,
            "organizer": {"name": organizer.name, "url": addresses.organizer(organizer.slug)},
            "help_email": organizer.email,
        },
        "order": {
            "code": order.code,
            "state": order.state,
            "name": order.name,
            "email": order.email,
            "placed_at": order.placed_at,
            "pay_until": order.pay_by,
            "lines": _lines(order),
            "total": order.gross,
            "tax": order.tax,
            "currency": order.currency,
            "pdf_url": addresses.tickets_pdf(order.code, secret),
            "calendar_url": addresses.calendar(order.code, secret) if order.is_paid else "",
            "resend_url": f"{addresses.order(order.code, secret)}resend/",
        },
        "transfer": _transfer(order),
        "tickets": [_ticket(order, ticket, can_change) for ticket in order.tickets.all()],
        "done": done,
    }


def _lines(order: Order) -> list[dict[str, Any]]:
    tickets = _good_tickets(order)
    has_several_sessions = len({ticket.session_id for ticket in tickets}) > 1
    lines = []
    for (name, starts_at), group in groupby(
        tickets, lambda ticket: (ticket.ticket_type.name, ticket.session.starts_at)
    ):
        its = list(group)
        seats = names_together(ticket.seat for ticket in its if ticket.seat)
        session = starts_at if has_several_sessions else None
        total = sum(ticket.gross for ticket in its)
        lines.append({"name": name, "seats": seats, "session": session, "quantity": len(its), "total": total})
    return lines


def _transfer(order: Order) -> dict[str, Any] | None:
    if not order.is_pending:
        return None
    details = [_detail(line) for line in order.organizer.bank_details.splitlines() if line.strip()]
    return {"reference": order.code, "details": details}


def _detail(line: str) -> tuple[str, str]:
    """ "IBAN: XX00" → ("IBAN", "XX00"), as the organizer typed it; a line without a label is a part of the account."""
    label, colon, value = line.partition(":")
    return (label.strip(), value.strip()) if colon else (_("Account"), line.strip())


def _ticket(order: Order, ticket: Ticket, can_change: Mapping[UUID, bool]) -> dict[str, Any]:
    shows_code = order.is_paid and not ticket.is_canceled
    return {
        "code": ticket.reference,
        "name": ticket.ticket_type.name,
        "seat": str(ticket.seat) if ticket.seat else "",
        "holder": ticket.attendee_name,
        "starts_at": ticket.session.starts_at,
        "ends_at": ticket.session.ends_at,
        "image_url": _picture(ticket) if shows_code else "",
        "is_canceled": ticket.is_canceled,
        "change_url": f"{_url(order)}tickets/{ticket.reference}/" if ticket.pk in can_change else "",
        "has_others": can_change.get(ticket.pk, False),
        "has_seat": ticket.seat_id is not None,
    }


def _url(order: Order) -> str:
    return addresses.order(order.code, order_secret(order))


def _picture(ticket: Ticket) -> str:
    """The code within the page: a request of its own would cost more, and at the door the network is often poor."""
    return "data:image/svg+xml;base64," + b64encode(codes.qr_svg(ticket_code(ticket)).encode()).decode()
