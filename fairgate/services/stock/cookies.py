"""The cookies that let a browser, and no other, go on with its hold."""

from __future__ import annotations

from uuid import UUID

from werkzeug import Request, Response

from fairgate.lib import addresses, secrets
from fairgate.lib.cookies import hold_cookie_name, kept_cookie_name

LIFETIME_S = 24 * 3600


def keep_hold(response: Response, hold: UUID, secret: str, holds_address: str, *, is_secure: bool) -> None:
    """One cookie opens the checkout; the other tells the form that places were kept here before."""
    for name, value, path in (
        (hold_cookie_name(is_secure), secret, addresses.checkout(hold)),
        (kept_cookie_name(is_secure), f"{hold}.{secret}", holds_address),
    ):
        response.set_cookie(name, value, max_age=LIFETIME_S, path=path, secure=is_secure, httponly=True, samesite="Lax")


def kept_hold(request: Request, secret_key: str, *, is_secure: bool) -> UUID | None:
    value = request.cookies.get(kept_cookie_name(is_secure), "")
    text, _dot, secret = value.partition(".")
    if not secrets.matches(secret_key, "hold", text, secret):
        return None
    return UUID(text)
