"""A request for places as it arrives, by API or by form, and what is wrong with it. No framework."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated
from uuid import UUID

from pydantic import Field

from fairgate.lib import bodies
from fairgate.lib.i18n import gettext as _
from fairgate.lib.ids import uuid7
from fairgate.lib.problems import Problem, invalid
from fairgate.stock.engine import HoldRequest, Item, digest

MAX_ID = 2**63 - 1
MAX_QUANTITY = 1000
MAX_ITEMS = 50
KEY_LENGTHS = range(16, 201)
QUANTITY_FIELD = "quantity-"


class ItemBody(bodies.Body):
    ticket_type: Annotated[int, Field(ge=1, le=MAX_ID)]
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]


class HoldBody(bodies.Body):
    items: Annotated[list[ItemBody], Field(min_length=1, max_length=MAX_ITEMS)]


def from_api(event: int, raw: bytes, key: str | None) -> HoldRequest:
    """Read the API's body and key. Raises Problem."""
    body = bodies.parse(HoldBody, raw)
    items = tuple(Item(item.ticket_type, item.quantity) for item in body.items)
    types = [item.ticket_type for item in items]
    errors = {
        f"items[{index}].ticket_type": _("This ticket type is in the list already; give its quantity once.")
        for index, ticket_type in enumerate(types)
        if ticket_type in types[:index]
    }
    if errors:
        raise invalid(errors)
    return _request(event, items, check_key(key))


def from_form(event: int, form: Mapping[str, str]) -> HoldRequest:
    """Read the fields `quantity-<ticket type>` of the event page. Raises Problem with a sentence for each field."""
    items, errors = [], {}
    for name, text in form.items():
        if not name.startswith(QUANTITY_FIELD) or text.strip() in ("", "0"):
            continue
        ticket_type, quantity = _number(name.removeprefix(QUANTITY_FIELD)), _number(text)
        if ticket_type is None or not 1 <= ticket_type <= MAX_ID:
            errors[name] = _("There is no such ticket here.")
        elif quantity is None or not 1 <= quantity <= MAX_QUANTITY:
            errors[name] = _("Choose a whole number of tickets.")
        else:
            items.append(Item(ticket_type, quantity))
    if not items and not errors:
        errors[""] = _("Choose at least one ticket.")
    if len(items) > MAX_ITEMS:
        errors[""] = _("Choose fewer kinds of ticket at a time.")
    if errors:
        raise invalid(errors)
    key = form.get("idempotency_key", "")
    return _request(event, tuple(items), key if len(key) in KEY_LENGTHS else str(uuid7()))


def check_key(key: str | None) -> str:
    """The Idempotency-Key header. Raises Problem when it is missing or could be guessed."""
    if key is None or len(key) not in KEY_LENGTHS:
        raise invalid(
            {"Idempotency-Key": _("Send this header with 16 to 200 characters that nobody can guess, such as a UUID.")}
        )
    return key


def _request(event: int, items: tuple[Item, ...], key: str) -> HoldRequest:
    return HoldRequest(event, items, digest("hold", key), _fingerprint(items))


def _fingerprint(items: Iterable[Item]) -> UUID:
    return digest(*(f"{item.ticket_type}:{item.quantity}" for item in items))


def _number(text: str) -> int | None:
    """ASCII digits alone: int() would take "1_000", " 7" and other alphabets' digits."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None


def sentence(reason: str) -> str:
    word, _colon, limit = reason.partition(":")
    return {
        "unknown": _("There is no such ticket here."),
        "closed": _("This ticket is not on sale."),
        "early": _("This ticket is not on sale yet."),
        "ended": _("The sale of this ticket has ended."),
        "limit": _("You can take at most %(limit)s of these.") % {"limit": limit},
        "least": _("Take at least %(least)s of these, or none.") % {"least": limit},
        "seat-unknown": _("These seats do not belong to this ticket."),
    }[word]


def key_reused() -> Problem:
    return Problem("key-reused", _("This Idempotency-Key came with another body before; use a new key."))
