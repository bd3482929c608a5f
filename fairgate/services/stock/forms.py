"""The form of an event's page, as far as it needs no page: what is asked for, and the way on to the checkout.

Without Flask, so that the event loop of the stock process can answer most of them itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from werkzeug import Request, Response
from werkzeug.utils import redirect

from fairgate.lib import addresses, secrets
from fairgate.lib.headers import PRIVATE
from fairgate.lib.i18n import gettext as _
from fairgate.lib.origin import is_cross_site
from fairgate.lib.problems import Problem
from fairgate.services.stock import cookies
from fairgate.stock import form_requests
from fairgate.stock.engine import Answer, HoldRequest
from fairgate.stock.form_requests import Find


def check_origin(request: Request) -> None:
    """Raises Problem."""
    if is_cross_site(request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host):
        raise Problem("cross-site", _("This form was sent from another site."))


def read(request: Request, event_id: int, find: Find) -> HoldRequest:
    """Raises Problem with a sentence for each field."""
    key = request.form.get("idempotency_key", "")
    return form_requests.read(event_id, request.form.items(multi=True), key, find)


def kept_hold(config: Mapping[str, Any], request: Request) -> UUID | None:
    """The hold that this browser made here before, whatever has become of it."""
    settings = config["SETTINGS"]
    return cookies.kept_hold(request, settings.secret_key, is_secure=settings.is_secure)


def go_to_checkout(config: Mapping[str, Any], request: Request, organizer: str, event: str, answer: Answer) -> Response:
    settings = config["SETTINGS"]
    response = go(request, addresses.checkout(answer.hold))
    secret = secrets.derive(settings.secret_key, "hold", str(answer.hold))
    holds = addresses.holds(organizer, event)
    cookies.keep_hold(response, answer.hold, secret, holds, is_secure=settings.is_secure)
    return response


def go(request: Request, address: str) -> Response:
    """On to another page, for a form and for htmx alike."""
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address, "Cache-Control": PRIVATE})
    return redirect(address, 303)
