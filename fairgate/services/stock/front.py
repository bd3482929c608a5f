"""The one address that everyone asks for at once, answered before Flask sees it: `POST …/holds` of the buyer API.

The frame of an answer by Flask (routing, contexts, response object, error handlers) takes longer than everything that
the answer is about. So this stands in front of it: as a WSGI app here, as a part of the stock process's event loop in
`asgi.py`; see docs/decisions/hot-address-before-flask.md.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from fairgate.lib import logs, money, secrets
from fairgate.lib.bodies import MAX_BODY
from fairgate.lib.i18n import gettext as _
from fairgate.lib.ids import short
from fairgate.lib.problems import Problem, invalid
from fairgate.services import answers
from fairgate.services.stock import paths
from fairgate.services.stock.waiting import Busy
from fairgate.stock import requests, seat_choice
from fairgate.stock.engine import Answer, AnsweredItem, HoldRequest, Outcome

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Told(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class WithFront:
    """A WSGI app that answers NEW_HOLD itself and leaves the rest to the app inside. `config` is the Flask app's."""

    def __init__(self, app: WSGIApplication, config: Mapping[str, Any]) -> None:
        self._app = app
        self._config = config

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        address = paths.NEW_HOLD.match(environ["PATH_INFO"])
        if address is None:
            return self._app(environ, start_response)
        logs.add_fact(route=paths.NEW_HOLD_ROUTE)
        told = _respond(self._config, environ, *address.groups())
        general = [pair for pair in answers.common(self._config["SETTINGS"].is_secure) if pair[0] not in told.headers]
        line = f"{told.status} {HTTPStatus(told.status).phrase}"
        start_response(line, [*general, *told.headers.items(), ("Content-Length", str(len(told.body)))])
        return [told.body]


def _respond(config: Mapping[str, Any], environ: WSGIEnvironment, organizer: str, event: str) -> Told:
    try:
        check_method(environ["REQUEST_METHOD"])
        event_id = config["STORE"].event_id(organizer, event)
        wanted = read(event_id, _body(environ), environ.get("HTTP_IDEMPOTENCY_KEY"))
        answer = config["SELLER"].hold(wanted)
        if answer.is_held:
            logs.add_fact(purchase=short(answer.hold))
        return tell(config, wanted, answer)
    except Exception as error:
        return refuse(error)


def _body(environ: WSGIEnvironment) -> bytes:
    """One byte more than there may be is enough to see that it is too large."""
    length = environ.get("CONTENT_LENGTH")
    most = MAX_BODY + 1 if "HTTP_TRANSFER_ENCODING" in environ else min(int(length or 0), MAX_BODY + 1)
    raw: bytes = environ["wsgi.input"].read(most) if most else b""
    return raw


def check_method(method: str) -> None:
    """Raises Problem."""
    if method != "POST":
        raise Problem("method-not-allowed", _("Send this by POST."))


def read(event_id: int | None, raw: bytes, key: str | None) -> HoldRequest:
    """What is asked for. Raises Problem."""
    if event_id is None:
        raise Problem("not-found", _("There is no such event."))
    return requests.from_api(event_id, raw, key)


def tell(config: Mapping[str, Any], wanted: HoldRequest, answer: Answer) -> Told:
    """The answer in JSON. Asks the database if `has_seats(answer)`. Raises Problem for a refusal."""
    if not answer.is_held:
        raise _refusal(config, wanted, answer)
    made = _hold(config, answer, _names(config, wanted.event, answer))
    return Told(201, {"Content-Type": "application/json"}, json.dumps(made).encode())


def refuse(error: Exception) -> Told:
    """An exception as problem details."""
    if isinstance(error, Busy):
        error = answers.busy()
    elif not isinstance(error, Problem):
        logging.getLogger("fairgate.services.stock").error("request_failed", exc_info=error)
        error = Problem("internal-error", _("Something went wrong on our side. Please try again."))
    allow = {"Allow": "POST"} if error.word == "method-not-allowed" else {}
    return Told(error.status, {**error.headers, **allow}, error.body)


def has_seats(answer: Answer) -> bool:
    return any(item.seats for item in answer.items)


def _hold(config: Mapping[str, Any], answer: Answer, names: Mapping[int, str]) -> dict[str, object]:
    prices = [item.unit_price or 0 for item in answer.items]
    total = sum(price * item.quantity for price, item in zip(prices, answer.items, strict=True))
    return {
        "hold": str(answer.hold),
        "secret": secrets.derive(config["SETTINGS"].secret_key, "hold", str(answer.hold)),
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


def _names(config: Mapping[str, Any], event_id: int, answer: Answer) -> dict[int, str]:
    """Who has no numbered places pays no statement for it."""
    if not has_seats(answer):
        return {}
    seats = [seat for item in answer.items for seat in item.seats or ()]
    found = config["STORE"].ask(lambda conn: seat_choice.find(conn, event_id, seats))
    return {seat.id: seat.name for seat in found}


def _refusal(config: Mapping[str, Any], wanted: HoldRequest, answer: Answer) -> Problem:
    if answer.outcome == Outcome.KEY_REUSED:
        return requests.key_reused()
    if answer.outcome == Outcome.SEAT_TAKEN:
        return _seat_taken(config, wanted, answer)
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


def _seat_taken(config: Mapping[str, Any], wanted: HoldRequest, answer: Answer) -> Problem:
    """Which seats are gone, each with the nearest that are free and not wanted already."""
    names = _names(config, wanted.event, answer)
    asked = [seat for item in wanted.items for seat in item.seats]
    near = config["STORE"].ask(lambda conn: seat_choice.nearest_free(conn, list(names), asked))
    seats = [
        {
            "seat": seat,
            "name": name,
            "nearest": [{"seat": other.id, "name": other.name} for other in near.get(seat, ())],
        }
        for seat, name in names.items()
    ]
    return Problem("seat-taken", _("Somebody else has a seat that you asked for."), {"seats": seats})
