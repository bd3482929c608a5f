"""Who may scan: the grant that a device carries, in its cookie or as a bearer token."""

from __future__ import annotations

from uuid import UUID

from flask import Request, current_app

from fairgate.lib import secrets
from fairgate.lib.cookies import gate_cookie_name
from fairgate.lib.i18n import gettext as _
from fairgate.lib.origin import is_cross_site
from fairgate.lib.problems import Problem
from fairgate.services.gate.store import Grant, Store

BEARER = "Bearer "


def store() -> Store:
    found: Store = current_app.config["STORE"]
    return found


def cookie_name() -> str:
    return gate_cookie_name(current_app.config["SETTINGS"].is_secure)


def current_grant(request: Request) -> Grant | None:
    """The grant behind this request, if it still gives leave to scan."""
    grant_id = verified(request)
    return store().grant(grant_id) if grant_id else None


def verified(request: Request) -> UUID | None:
    """The id of a grant that was issued here; whether it still holds is for the database to say."""
    authorization = request.headers.get("Authorization", "")
    token = authorization.removeprefix(BEARER) if authorization else request.cookies.get(cookie_name(), "")
    grant_id, _dot, secret = token.partition(".")
    if not secrets.matches(current_app.config["SETTINGS"].secret_key, "gate", grant_id, secret):
        return None
    return UUID(grant_id)


def refuse_other_sites(request: Request) -> None:
    """A cookie comes along with what another site sends; a token does not."""
    if "Authorization" in request.headers:
        return
    if is_cross_site(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host):
        raise Problem("cross-site", _("This was sent from another site."))
