"""The gate for people: choose a list, scan, see the answer, scan the next. Plain forms; htmx swaps the answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, redirect, request, url_for

from fairgate.lib import logs
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem
from fairgate.services.gate import access, scan
from fairgate.services.gate.store import Answer, GateList, Grant

SIGN_IN = "/console/gate/?next=/gate/"

blueprint = Blueprint("pages", __name__, url_prefix="/gate")


class SignedOff(Exception):
    """Nobody, or nobody any more, may scan with this device."""


@blueprint.get("/")
def choose_list() -> Response:
    grant = _grant()
    return _page("gate/lists.html", grant=grant, lists=access.store().open_lists(grant))


@blueprint.get("/<int(max=9223372036854775807):gate_list>/")
def show_gate(gate_list: int) -> Response:
    found = _gate_list(_grant(), gate_list)
    return _gate(found, None)


@blueprint.post("/<int(max=9223372036854775807):gate_list>/")
def scan_code(gate_list: int) -> Response:
    """The whole page, for browsers without scripts."""
    found, answer = _scan(gate_list)
    return _gate(found, answer)


@blueprint.post("/<int(max=9223372036854775807):gate_list>/answer/")
def answer_code(gate_list: int) -> Response:
    """The same answer as a part of the page."""
    found, answer = _scan(gate_list)
    return _page("gate/_answer_part.html", **_context(found, answer))


@blueprint.post("/sign-off/")
def sign_off() -> Response:
    access.refuse_other_sites(request)
    access.store().sign_off(_grant(), logs.request_id.get())
    return signed_off(SignedOff())


def signed_off(_error: SignedOff) -> Response:
    """To the console, which opens gates; the cookie of this one goes."""
    is_htmx = "HX-Request" in request.headers
    response = Response(status=204, headers={"HX-Redirect": SIGN_IN}) if is_htmx else redirect(SIGN_IN, 303)
    response.delete_cookie(access.cookie_name(), secure=current_app.config["SETTINGS"].is_secure, httponly=True)
    return response  # type: ignore[return-value]


def _scan(gate_list: int) -> tuple[GateList, Answer]:
    access.refuse_other_sites(request)
    grant = _grant()
    found = _gate_list(grant, gate_list)
    claim = scan.read(current_app.config["SETTINGS"].secret_key, request.form.get("code", ""))
    answer = access.store().scan(grant.id, gate_list, claim)
    if answer.outcome == "unauthorized":
        raise SignedOff
    return found, answer


def _grant() -> Grant:
    grant = access.current_grant(request)
    if grant is None:
        raise SignedOff
    return grant


def _gate_list(grant: Grant, gate_list: int) -> GateList:
    found = access.store().gate_list(grant, gate_list)
    if found is None:
        raise Problem("not-found", _("There is no such check-in list."))
    return found


def _gate(found: GateList, answer: Answer | None) -> Response:
    return _page("gate/gate.html", **_context(found, answer))


def _context(found: GateList, answer: Answer | None) -> dict[str, Any]:
    store = access.store()
    return {
        "list": found,
        "answer": answer,
        "inside": store.inside(found.id),
        "expected": store.expected(found.id),
        "latest": store.latest(found.id),
        "answer_url": url_for("pages.answer_code", gate_list=found.id),
    }


def _page(name: str, **context: Any) -> Response:
    return Response(current_app.config["TEMPLATES"].get_template(name).render(context), mimetype="text/html")
