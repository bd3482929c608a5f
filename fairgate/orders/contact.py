"""How a buyer can be reached, and which addresses are one buyer's."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from fairgate.stock.engine import digest

MAX_EMAIL = 254
# These deliver to the same mailbox whatever dots are put in its name.
WITHOUT_DOTS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def clean_email(text: str) -> str:
    """The address without what is around it, or "" if there can be no such address."""
    email = text.strip()
    if len(email) > MAX_EMAIL:
        return ""
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email


def buyer(email: str) -> UUID:
    """Whom a limit per buyer counts as one: a digest of the normalized address, so that it cannot be read back."""
    return digest("buyer", normalized(email))


def normalized(email: str) -> str:
    """The mailbox behind an address: "Ben.Buys+tickets@GoogleMail.com" is "benbuys@gmail.com".

    Capitals, forms of the same letters, quotes, tags after a plus (RFC 5233) and Gmail's dots make no other buyer.
    """
    local, _at, domain = unicodedata.normalize("NFKC", email).casefold().rpartition("@")
    local = _unquoted(local)
    local = local.partition("+")[0] or local
    domain = _ascii(domain)
    if domain in WITHOUT_DOTS:
        local, domain = local.replace(".", ""), WITHOUT_DOTS[domain]
    return f"{local}@{domain}"


def _unquoted(local: str) -> str:
    """'"ben"' names the mailbox that 'ben' does (RFC 5322, 3.2.4)."""
    if len(local) < 2 or not (local[0] == local[-1] == '"'):
        return local
    return re.sub(r"\\(.)", r"\1", local[1:-1])


def _ascii(domain: str) -> str:
    try:
        return domain.rstrip(".").encode("idna").decode()
    except UnicodeError:
        return domain
