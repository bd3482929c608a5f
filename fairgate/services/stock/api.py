"""Holds for programs, once they are made: the buyer API. Making one is in `front.py`."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, request

from fairgate.lib import logs, secrets
from fairgate.lib.i18n import gettext as _
from fairgate.lib.ids import short
from fairgate.lib.problems import Problem
from fairgate.stock import engine

blueprint = Blueprint("api", __name__, url_prefix="/api/v1/shop")


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
    logs.add_fact(purchase=short(hold_id))
    return hold_id
