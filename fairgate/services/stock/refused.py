"""The page of a refusal: why, and what can be had instead.

At a rush most are refused, and who sells must not wait behind them for a connection. So this shows the event as its
public page does, from what is kept for a moment (`fairgate.stock.shown`): nothing here decides. Only what depends on
the visitor's own choice of seats is asked of the database.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from flask import Response, current_app, request

from fairgate.lib import addresses
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem
from fairgate.stock import form_requests, requests, seat_choice, seat_form, shown, ticket_form
from fairgate.stock.catalog import Catalog
from fairgate.stock.engine import Answer, Outcome
from fairgate.stock.form_requests import QUANTITY_FIELD, SEAT_FIELD
from fairgate.stock.seat_choice import FoundSeat
from fairgate.stock.seats import Seat
from fairgate.stock.ticket_form import Refusal


def page(organizer: str, event: str, refusal: Refusal, status: int) -> Response:
    """Raises Busy."""
    store = current_app.config["STORE"]
    found: Catalog | None = store.again(lambda: shown.shown_event(store.connect, organizer, event))
    if found is None:
        raise Problem("not-found", _("There is no such event."))
    context = {**ticket_form.context(found, refusal), "chosen": _chosen(found, refusal)}
    made = current_app.config["TEMPLATES"].get_template("shop/refused.html").render(context)
    response = Response(made, status, mimetype="text/html")
    if status == 503:
        response.headers["Retry-After"] = "2"
    return response


def why(answer: Answer, kept: UUID | None) -> Refusal:
    """Turn a refusal into words beside the fields."""
    errors = {}
    for item in answer.items:
        if item.reason:
            errors[f"{QUANTITY_FIELD}{item.ticket_type}"] = requests.sentence(item.reason)
        elif item.left is not None and item.left < item.quantity:
            errors[f"{QUANTITY_FIELD}{item.ticket_type}"] = (
                _("Only %(left)s left.") % {"left": item.left} if item.left > 0 else _("Sold out.")
            )
    return Refusal(_reason(answer), request.form, errors, addresses.checkout(kept) if kept else "")


def _reason(answer: Answer) -> str:
    if answer.outcome == Outcome.KEY_REUSED:
        return "used_key"
    if answer.outcome == Outcome.SEAT_TAKEN:
        return "seat_taken"
    if answer.outcome == Outcome.SOLD_OUT:
        return "few_left" if any((item.left or 0) > 0 for item in answer.items) else "sold_out"
    reasons = {item.reason for item in answer.items if item.reason}
    if reasons == {"closed"}:
        return "closed"
    return "not_on_sale" if reasons & {"early", "ended", "closed"} else "invalid"


def _chosen(catalog: Catalog, refusal: Refusal) -> dict[str, object] | None:
    """The seats that were chosen, as far as they are free, and the nearest others instead of those that are not."""
    wanted = form_requests.read_fields(request.form.items(multi=True)).seats
    if not wanted and SEAT_FIELD not in refusal.errors:
        return None

    def look(conn: psycopg.Connection[Any]) -> tuple[list[FoundSeat], dict[int, list[Seat]]]:
        found = seat_choice.find(conn, catalog.event_id, list(wanted))
        gone = [seat.id for seat in found if not seat.is_free]
        return found, seat_choice.nearest_free(conn, gone, list(wanted)) if gone else {}

    found, near = current_app.config["STORE"].ask(look) if wanted else ([], {})
    return seat_form.context(catalog, refusal, wanted, found, near)
