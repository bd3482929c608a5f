"""Holds for people: the form of an event's page, and the page of a refusal."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, redirect, request

from fairgate.lib import addresses, secrets
from fairgate.lib.headers import PRIVATE
from fairgate.lib.i18n import gettext as _
from fairgate.lib.origin import is_cross_site
from fairgate.lib.problems import Problem
from fairgate.services.stock import cookies
from fairgate.services.stock.lane import Busy
from fairgate.stock import catalog, engine, requests, ticket_form
from fairgate.stock.engine import Answer, HoldRequest, Outcome
from fairgate.stock.requests import QUANTITY_FIELD
from fairgate.stock.ticket_form import Refusal

blueprint = Blueprint("pages", __name__)


@blueprint.post("/<organizer>/<event>/holds/")
def create_hold(organizer: str, event: str) -> Response:
    if is_cross_site(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host):
        raise Problem("cross-site", _("This form was sent from another site."))
    event_id = current_app.config["STORE"].event_id(organizer, event)
    if event_id is None:
        raise Problem("not-found", _("There is no such event."))
    try:
        wanted = requests.from_form(event_id, request.form)
    except Problem as problem:
        errors = problem.extra["errors"]
        return _refused(
            organizer, event, Refusal("invalid" if any(errors) else "nothing_chosen", request.form, errors), 422
        )
    return _sell(organizer, event, wanted)


@blueprint.get("/<organizer>/<event>/holds/")
def back_to_event(organizer: str, event: str) -> Response:
    """Who reloads the page of a refusal starts over."""
    return _go(addresses.event(organizer, event))


def _sell(organizer: str, event: str, wanted: HoldRequest) -> Response:
    kept = _kept()
    try:
        answer: Answer = current_app.config["SELLER"].hold(wanted)
    except Busy:
        return _refused(organizer, event, Refusal("busy", request.form), 503)
    if answer.outcome not in (Outcome.HELD, Outcome.REPEAT):
        return _refused(organizer, event, _why(answer, kept), 409 if answer.outcome == Outcome.SOLD_OUT else 422)
    if kept and kept != answer.hold:
        # Who went back and chose again wants these places instead of the earlier ones.
        current_app.config["STORE"].ask(lambda conn: engine.release_hold(conn, kept))
    response = _go(addresses.checkout(answer.hold))
    secret = secrets.derive(current_app.config["SETTINGS"].secret_key, "hold", str(answer.hold))
    cookies.keep_hold(response, answer.hold, secret, addresses.holds(organizer, event))
    return response


def _kept() -> UUID | None:
    """The hold that this buyer made here before, if it can still become an order."""
    hold = cookies.kept_hold(request, current_app.config["SETTINGS"].secret_key)
    if hold is None:
        return None
    found = current_app.config["STORE"].ask(lambda conn: engine.hold_state(conn, hold))
    return hold if found and found[0] == "active" else None


def _why(answer: Answer, kept: UUID | None) -> Refusal:
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
    if answer.outcome == Outcome.SOLD_OUT:
        return "few_left" if any((item.left or 0) > 0 for item in answer.items) else "sold_out"
    reasons = {item.reason for item in answer.items if item.reason}
    if reasons == {"closed"}:
        return "closed"
    return "not_on_sale" if reasons & {"early", "ended", "closed"} else "invalid"


def _refused(organizer: str, event: str, refusal: Refusal, status: int) -> Response:
    shown = current_app.config["STORE"].ask(lambda conn: catalog.read(conn, organizer, event))
    if shown is None:
        raise Problem("not-found", _("There is no such event."))
    page = current_app.config["TEMPLATES"].get_template("shop/refused.html").render(ticket_form.context(shown, refusal))
    response = Response(page, status, mimetype="text/html")
    if status == 503:
        response.headers["Retry-After"] = "2"
    return response


def _go(address: str) -> Response:
    """On to another page, for a form and for htmx alike."""
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address, "Cache-Control": PRIVATE})
    return redirect(address, 303)  # type: ignore[return-value]
