"""Scans for programs: scanners with software of their own, and what they upload after a while without a network."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import AwareDatetime, Field, RootModel

from fairgate.lib.bodies import Body, Text, parse
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem
from fairgate.services.gate import access, scan
from fairgate.services.gate.store import Answer

MAX_SCANS = 500
MAX_ID = 2**63 - 1

blueprint = Blueprint("api", __name__, url_prefix="/api/v1/gate")


class Scan(Body):
    code: Annotated[Text, Field(min_length=1, max_length=scan.MAX_LENGTH)]
    list: Annotated[int, Field(ge=1, le=MAX_ID)]
    at: AwareDatetime | None = None
    device: Annotated[Text, Field(max_length=100)] = ""


class Scans(RootModel[Annotated[list[Scan], Field(min_length=1, max_length=MAX_SCANS)]]):
    """What a device recorded while it had no network."""


@blueprint.post("/scans")
def create_scans() -> Response:
    access.refuse_other_sites(request)
    grant = access.current_grant(request)
    if grant is None:
        raise sign_in_required()
    raw = request.get_data(cache=False)
    is_upload = raw.lstrip().startswith(b"[")
    scans = parse(Scans, raw).root if is_upload else [parse(Scan, raw)]
    # Before the first one is recorded: an upload is taken as a whole or not at all.
    if not access.store().has_lists(grant, {wanted.list for wanted in scans}):
        raise _no_list()
    answers = [_answer(grant.id, wanted) for wanted in scans]
    return jsonify(answers if is_upload else answers[0])


@blueprint.get("/lists")
def show_lists() -> Response:
    """What a scan may name as its list: the same that people choose from at the gate."""
    grant = access.current_grant(request)
    if grant is None:
        raise sign_in_required()
    shown = [
        {"id": found.id, "name": found.name, "event": found.event, "event_name": found.event_name}
        for found in access.store().open_lists(grant)
    ]
    return jsonify(shown)


def sign_in_required() -> Problem:
    return Problem("sign-in-required", _("Sign in at /console/gate/, or send a key that still holds."))


def _answer(grant: UUID, wanted: Scan) -> dict[str, Any]:
    claim = scan.read(current_app.config["SETTINGS"].secret_key, wanted.code)
    answer = access.store().scan(grant, wanted.list, claim, wanted.device, wanted.at)
    if answer.outcome == "unauthorized":
        raise sign_in_required()
    if answer.outcome == "no-list":
        raise _no_list()
    return _shown(answer)


def _shown(answer: Answer) -> dict[str, Any]:
    ticket = None
    if answer.reference:
        ticket = {"reference": answer.reference, "type": answer.ticket_type, "name": answer.attendee}
        if answer.seat:
            ticket["seat"] = answer.seat
    shown: dict[str, Any] = {"result": answer.outcome, "ticket": ticket}
    if answer.first_at:
        shown["first_scan"] = {"at": _iso(answer.first_at), "device": answer.first_device}
    return shown


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _no_list() -> Problem:
    return Problem("not-found", _("There is no such check-in list."))
