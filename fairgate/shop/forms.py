"""What a buyer types at checkout, cleaned, with a sentence for each field that needs one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from fairgate.lib.i18n import gettext as _
from fairgate.orders.checkout import MAX_NAME, HeldBasket
from fairgate.orders.contact import clean_email
from fairgate.orders.place import Buyer
from fairgate.payments.models import Method
from fairgate.stock.requests import MAX_ID

# U+FFFD stands where Django met bytes that are not UTF-8.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ufffd]")


class InvalidCheckout(Exception):
    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(errors)
        self.errors = errors


def clean_checkout(basket: HeldBasket, typed: Mapping[str, str]) -> tuple[Buyer, Method]:
    """The buyer and the way to pay. Raises InvalidCheckout."""
    errors: dict[str, str] = {}
    name = _clean("name", typed, errors)
    if not name and "name" not in errors:
        errors["name"] = _("Tell us your name.")
    email = clean_email(typed.get("email", ""))
    if not email:
        errors["email"] = _("Use an email address such as ben@example.org.")
    attendees = [_clean(attendee_field(number), typed, errors) for number in range(1, len(basket.tickets) + 1)]
    method = typed.get("payment", "")
    if method not in methods(basket):
        errors["payment" if len(methods(basket)) > 1 else ""] = _("Choose a way to pay that fits this order.")
    if errors:
        raise InvalidCheckout(errors)
    return Buyer(email, name, attendees), Method(method)


def clean_holder(typed: Mapping[str, str]) -> str:
    """The name on a ticket. Raises InvalidCheckout."""
    errors: dict[str, str] = {}
    name = _clean("name", typed, errors)
    if not name and not errors:
        errors["name"] = _("Write who is coming.")
    if errors:
        raise InvalidCheckout(errors)
    return name


def clean_id(text: str) -> int | None:
    """What stands for a row; None for what cannot."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID))
    return int(text) if is_number and int(text) <= MAX_ID else None


def methods(basket: HeldBasket) -> list[Method]:
    return [Method.TRANSFER] if basket.total else [Method.FREE]


def attendee_field(number: int) -> str:
    return f"attendee-{number}"


def _clean(field: str, typed: Mapping[str, str], errors: dict[str, str]) -> str:
    text = unicodedata.normalize("NFC", typed.get(field, "")).strip()
    if _UNPRINTABLE.search(text):
        errors[field] = _("Leave out characters that cannot be printed.")
    elif len(text) > MAX_NAME:
        errors[field] = _("Use at most %(limit)s characters.") % {"limit": MAX_NAME}
    return text
