"""The buyer API: what is on sale, and from a hold to an order. Holds themselves belong to the stock service."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from fairgate.api.responses import problems_as_json, require_methods
from fairgate.lib import bodies, money, secrets
from fairgate.lib.headers import PUBLIC
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem, invalid
from fairgate.orders.checkout import HeldBasket, read_basket
from fairgate.orders.contact import MAX_EMAIL, clean_email
from fairgate.orders.errors import (
    HoldExpired,
    HoldNotFound,
    HoldUsed,
    KeyReused,
    LimitReached,
    NotVerified,
    OrderError,
)
from fairgate.orders.models import Order
from fairgate.orders.place import Buyer, place_order
from fairgate.orders.queries import find_order, has_order_secret, order_secret, ticket_code
from fairgate.payments.models import Method
from fairgate.stock import catalog
from fairgate.stock.requests import check_key
from fairgate.stock.shown import shown_event

WORDS = {
    HoldExpired: "hold-expired",
    HoldUsed: "hold-used",
    HoldNotFound: "not-found",
    KeyReused: "key-reused",
    LimitReached: "limit-reached",
    NotVerified: "not-verified",
}


def _email(text: str) -> str:
    cleaned = clean_email(text)
    if not cleaned:
        raise PydanticCustomError("email", "")
    return cleaned


class OrderBody(bodies.Body):
    email: Annotated[bodies.Text, Field(max_length=MAX_EMAIL), AfterValidator(_email)]
    name: Annotated[bodies.Text, Field(min_length=1, max_length=200)]
    attendees: Annotated[list[Annotated[bodies.Text, Field(max_length=200)]], Field(max_length=1000)] | None = None
    payment: Literal["free", "transfer"]


@require_methods("GET")
@problems_as_json
def show_event(request: HttpRequest, organizer: str, event: str) -> HttpResponse:
    shown = shown_event(connection.cursor, organizer, event)
    if shown is None:
        raise Problem("not-found", _("There is no such event."))
    return JsonResponse(_event(shown), headers={"Cache-Control": PUBLIC})


@csrf_exempt  # No cookie counts here: the hold's secret comes in a header.
@require_methods("POST")
@problems_as_json
def place(request: HttpRequest, hold: UUID) -> HttpResponse:
    if not secrets.matches(settings.SECRET_KEY, "hold", str(hold), request.headers.get("Fairgate-Secret", "")):
        raise Problem("wrong-secret", _("Send the hold's secret in the header Fairgate-Secret."))
    key = check_key(request.headers.get("Idempotency-Key"))
    body = bodies.parse(OrderBody, request.body)
    basket = read_basket(hold)
    if basket is None:
        raise Problem("not-found", _("There is no such hold."))
    buyer = Buyer(body.email, body.name, _attendees(basket, body.attendees))
    _check_method(basket, body.payment)
    try:
        code = place_order(hold, key=key, buyer=buyer, method=Method(body.payment))
    except OrderError as error:
        if type(error) not in WORDS:
            raise invalid({"payment": error.message}) from error
        extra = {"most": error.most} if isinstance(error, LimitReached) else {}
        raise Problem(WORDS[type(error)], error.message, extra) from error
    order = find_order(code)
    assert order is not None
    return JsonResponse(_order(order), status=201)


@require_methods("GET")
@problems_as_json
def show_order(request: HttpRequest, code: str) -> HttpResponse:
    if not has_order_secret(code, request.headers.get("Fairgate-Secret", "")):
        raise Problem("wrong-secret", _("Send the order's secret in the header Fairgate-Secret."))
    order = find_order(code)
    if order is None:
        raise Problem("not-found", _("There is no such order."))
    return JsonResponse(_order(order))


def _attendees(basket: HeldBasket, names: list[str] | None) -> list[str]:
    tickets = len(basket.tickets)
    if names is None:
        return [""] * tickets
    if len(names) != tickets:
        raise invalid(
            {"attendees": _("Give one name for each of the %(count)s tickets, or none at all.") % {"count": tickets}}
        )
    return names


def _check_method(basket: HeldBasket, method: str) -> None:
    """Said before the hold is touched, so that the sentence is about the field."""
    if (basket.total == 0) != (method == Method.FREE):
        fitting = Method.TRANSFER if basket.total else Method.FREE
        raise invalid({"payment": _('Use "%(method)s" for this order.') % {"method": fitting}})


def _event(shown: catalog.Catalog) -> dict[str, Any]:
    return {
        "name": shown.title,
        "time_zone": shown.time_zone,
        "currency": shown.currency,
        "sessions": [
            {
                "id": session.id,
                "name": session.name,
                "starts_at": session.starts_at.isoformat(),
                "ends_at": session.ends_at.isoformat(),
            }
            for session in shown.sessions
        ],
        "ticket_types": [
            {
                "id": ticket_type.id,
                "name": ticket_type.name,
                "price": money.decimal_string(ticket_type.price, shown.currency),
                "session": ticket_type.session_id,
                "available": ticket_type.left if ticket_type.sale == catalog.Sale.OPEN else catalog.Left.NONE,
                "max_per_order": ticket_type.max_per_order,
                "min_per_order": ticket_type.min_per_order,
                "seated": ticket_type.is_seated,
            }
            for ticket_type in shown.ticket_types
        ],
        "line": "off",
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "code": order.code,
        "secret": order_secret(order),
        "status": order.state,
        "total": money.decimal_string(order.gross, order.currency),
        "currency": order.currency,
        "tickets": [
            {
                "id": str(ticket.pk),
                "reference": ticket.reference,
                "ticket_type": ticket.ticket_type_id,
                "name": ticket.attendee_name,
                **({"seat": {"id": ticket.seat.pk, "name": str(ticket.seat)}} if ticket.seat else {}),
                "status": "canceled" if ticket.is_canceled else "valid",
                "code": ticket_code(ticket),
            }
            for ticket in order.tickets.all()
        ],
    }
