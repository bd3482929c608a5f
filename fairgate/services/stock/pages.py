"""Holds for people: the form of an event's page. The page of a refusal is in `refused.py`."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, current_app, request
from werkzeug import Response as Answered

from fairgate.lib import addresses, logs
from fairgate.lib.i18n import gettext as _
from fairgate.lib.ids import short
from fairgate.lib.problems import Problem
from fairgate.services.stock import forms, paths, refused
from fairgate.services.stock.waiting import Busy
from fairgate.stock import engine, seat_choice
from fairgate.stock.engine import Answer, HoldRequest, Outcome
from fairgate.stock.form_requests import SEAT_FIELD
from fairgate.stock.seat_choice import FoundSeat
from fairgate.stock.ticket_form import Refusal

blueprint = Blueprint("pages", __name__)

# Where a refusal stands that the event loop was given before Flask came to see the request.
TOLD = "fairgate.told"
GONE = (Outcome.SOLD_OUT, Outcome.SEAT_TAKEN)


@blueprint.post(paths.FORM_ROUTE)
def create_hold(organizer: str, event: str) -> Answered:
    forms.check_origin(request)
    event_id = current_app.config["STORE"].event_id(organizer, event)
    if event_id is None:
        raise Problem("not-found", _("There is no such event."))
    try:
        wanted = forms.read(request, event_id, lambda seats: _find(event_id, seats))
    except Problem as problem:
        errors = problem.extra["errors"]
        reason = "seats" if SEAT_FIELD in errors else "invalid" if any(errors) else "nothing_chosen"
        return refused.page(organizer, event, Refusal(reason, request.form, errors), 422)
    return _sell(organizer, event, wanted)


@blueprint.get(paths.FORM_ROUTE)
def back_to_event(organizer: str, event: str) -> Answered:
    """Who reloads the page of a refusal starts over."""
    return forms.go(request, addresses.event(organizer, event))


def _sell(organizer: str, event: str, wanted: HoldRequest) -> Answered:
    kept = _kept()
    try:
        answer = _ask(wanted)
        if kept and answer.outcome == Outcome.SEAT_TAKEN and _are_of(kept, _refused_seats(answer)):
            # Who went back and chose again may well want a seat of before, and nobody else can have it.
            _release(kept)
            kept = None
            answer = _ask(wanted)
    except Busy:
        return refused.page(organizer, event, Refusal("busy", request.form), 503)
    if not answer.is_held:
        return refused.page(organizer, event, refused.why(answer, kept), 409 if answer.outcome in GONE else 422)
    if kept and kept != answer.hold:
        # Who went back and chose again wants these places instead of the earlier ones.
        _release(kept)
    logs.add_fact(purchase=short(answer.hold))
    return forms.go_to_checkout(current_app.config, request, organizer, event, answer)


def _ask(wanted: HoldRequest) -> Answer:
    """What the event loop has asked already is not asked again. Raises Busy."""
    told: Answer | Busy | None = request.environ.get(TOLD)
    if isinstance(told, Busy):
        raise told
    answer: Answer = told or current_app.config["SELLER"].hold(wanted)
    return answer


def _kept() -> UUID | None:
    """The hold that this buyer made here before, if it can still become an order."""
    hold = forms.kept_hold(current_app.config, request)
    if hold is None:
        return None
    found = current_app.config["STORE"].ask(lambda conn: engine.hold_state(conn, hold))
    return hold if found and found[0] == "active" else None


def _release(hold: UUID) -> None:
    current_app.config["STORE"].ask(lambda conn: engine.release_hold(conn, hold))


def _are_of(hold: UUID, seats: Sequence[int]) -> bool:
    is_all: bool = current_app.config["STORE"].ask(lambda conn: seat_choice.are_of(conn, hold, seats))
    return is_all


def _refused_seats(answer: Answer) -> list[int]:
    return [seat for item in answer.items for seat in item.seats or ()]


def _find(event_id: int, seats: Sequence[int]) -> Sequence[FoundSeat]:
    found: Sequence[FoundSeat] = current_app.config["STORE"].ask(lambda conn: seat_choice.find(conn, event_id, seats))
    return found
