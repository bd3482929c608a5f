"""Holds for programs: the buyer API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, request

from fairgate.lib import money, secrets
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem, invalid
from fairgate.stock import engine, requests, seat_choice
from fairgate.stock.engine import Answer, AnsweredItem, HoldRequest, Outcome

blueprint = Blueprint("api", __name__, url_prefix="/api/v1/shop")


@blueprint.post("/<organizer>/<event>/holds")
def create_hold(organizer: str, event: str) -> tuple[Response, int]:
    event_id = current_app.config["STORE"].event_id(organizer, event)
    if event_id is None:
        raise Problem("not-found", _("There is no such event."))
    wanted = requests.from_api(event_id, request.get_data(cache=False), request.headers.get("Idempotency-Key"))
    answer: Answer = current_app.config["SELLER"].hold(wanted)
    if answer.outcome in (Outcome.HELD, Outcome.REPEAT):
        return jsonify(_hold(answer, _names(event_id, answer))), 201
    raise _refusal(wanted, answer)


def _hold(answer: Answer, names: Mapping[int, str]) -> dict[str, object]:
    prices = [item.unit_price or 0 for item in answer.items]
    total = sum(price * item.quantity for price, item in zip(prices, answer.items, strict=True))
    return {
        "hold": str(answer.hold),
        "secret": hold_secret(answer.hold),
        "expires_at": answer.expires_at.isoformat(timespec="milliseconds"),
        "items": [
            {
                "ticket_type": item.ticket_type,
                "quantity": item.quantity,
                "price": money.decimal_string(price, answer.currency),
                **_seats(item, names),
            }
            for price, item in zip(prices, answer.items, strict=True)
        ],
        "total": money.decimal_string(total, answer.currency),
        "currency": answer.currency,
    }


def _seats(item: AnsweredItem, names: Mapping[int, str]) -> dict[str, Any]:
    return {"seats": [{"id": seat, "name": names[seat]} for seat in item.seats]} if item.seats else {}


def _names(event_id: int, answer: Answer) -> dict[int, str]:
    """Who has no numbered places pays no statement for it."""
    seats = [seat for item in answer.items for seat in item.seats or ()]
    if not seats:
        return {}
    found = current_app.config["STORE"].ask(lambda conn: seat_choice.find(conn, event_id, seats))
    return {seat.id: seat.name for seat in found}


def _refusal(wanted: HoldRequest, answer: Answer) -> Problem:
    if answer.outcome == Outcome.KEY_REUSED:
        return requests.key_reused()
    if answer.outcome == Outcome.SEAT_TAKEN:
        return _seat_taken(wanted, answer)
    if answer.outcome == Outcome.SOLD_OUT:
        left = [{"ticket_type": item.ticket_type, "left": max(item.left or 0, 0)} for item in answer.items]
        return Problem("sold-out", _("There are fewer places left than you asked for."), {"items": left})
    return invalid(
        {
            f"items[{index}].{requests.wrong_field(item.reason)}": requests.sentence(item.reason)
            for index, item in enumerate(answer.items)
            if item.reason
        }
    )


def _seat_taken(wanted: HoldRequest, answer: Answer) -> Problem:
    """Which seats are gone, each with the nearest that are free and not wanted already."""
    names = _names(wanted.event, answer)
    asked = [seat for item in wanted.items for seat in item.seats]
    near = current_app.config["STORE"].ask(lambda conn: seat_choice.nearest_free(conn, list(names), asked))
    seats = [
        {
            "seat": seat,
            "name": name,
            "nearest": [{"seat": other.id, "name": other.name} for other in near.get(seat, ())],
        }
        for seat, name in names.items()
    ]
    return Problem("seat-taken", _("Somebody else has a seat that you asked for."), {"seats": seats})


@blueprint.get("/holds/<hold>")
def show_hold(hold: str) -> Response:
    hold_id = _authorized(hold)
    found = current_app.config["STORE"].ask(lambda conn: engine.hold_state(conn, hold_id))
    if found is None:
        raise Problem("not-found", _("There is no such hold."))
    state, expires_at = found
    return jsonify(hold=str(hold_id), state=state, expires_at=expires_at.isoformat(timespec="milliseconds"))


@blueprint.delete("/holds/<hold>")
def delete_hold(hold: str) -> tuple[str, int]:
    hold_id = _authorized(hold)
    store = current_app.config["STORE"]
    if store.ask(lambda conn: engine.release_hold(conn, hold_id)):
        return "", 204
    found = store.ask(lambda conn: engine.hold_state(conn, hold_id))
    if found is None:
        raise Problem("not-found", _("There is no such hold."))
    if found[0] == "converted":
        raise Problem("hold-used", _("These places have become an order; cancel the order instead."))
    return "", 204


def _authorized(hold: str) -> UUID:
    """The hold's id, for who knows its secret."""
    try:
        hold_id = UUID(hold)
    except ValueError as error:
        raise Problem("not-found", _("There is no such hold.")) from error
    if not secrets.matches(
        current_app.config["SETTINGS"].secret_key, "hold", str(hold_id), request.headers.get("Fairgate-Secret", "")
    ):
        raise Problem("wrong-secret", _("Send the hold's secret in the header Fairgate-Secret."))
    return hold_id


def hold_secret(hold: UUID) -> str:
    return secrets.derive(current_app.config["SETTINGS"].secret_key, "hold", str(hold))
