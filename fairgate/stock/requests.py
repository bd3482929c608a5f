"""A request for places as it arrives by the API, and what is wrong with it. No framework. Forms: form_requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from fairgate.lib import bodies
from fairgate.lib.i18n import gettext as _
from fairgate.lib.problems import Problem, invalid
from fairgate.stock.engine import HoldRequest, Item, digest

MAX_ID = 2**63 - 1
MAX_QUANTITY = 1000
MAX_ITEMS = 50
KEY_LENGTHS = range(16, 201)


class ItemBody(bodies.Body):
    ticket_type: Annotated[int, Field(ge=1, le=MAX_ID)]
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]
    seats: Annotated[list[Annotated[int, Field(ge=1, le=MAX_ID)]], Field(max_length=MAX_QUANTITY)] | None = None


class HoldBody(bodies.Body):
    items: Annotated[list[ItemBody], Field(min_length=1, max_length=MAX_ITEMS)]


def from_api(event: int, raw: bytes, key: str | None) -> HoldRequest:
    """Read the API's body and key. Raises Problem."""
    body = bodies.parse(HoldBody, raw)
    errors = {**_repeated_types(body.items), **_wrong_seats(body.items)}
    if errors:
        raise invalid(errors)
    items = tuple(Item(item.ticket_type, item.quantity, tuple(item.seats or ())) for item in body.items)
    return request_for(event, items, check_key(key))


def _repeated_types(items: Sequence[ItemBody]) -> dict[str, str]:
    types = [item.ticket_type for item in items]
    return {
        f"items[{index}].ticket_type": _("This ticket type is in the list already; give its quantity once.")
        for index, ticket_type in enumerate(types)
        if ticket_type in types[:index]
    }


def _wrong_seats(items: Sequence[ItemBody]) -> dict[str, str]:
    errors: dict[str, str] = {}
    named: set[int] = set()
    for index, item in enumerate(items):
        if item.seats is None:
            continue
        if len(item.seats) != item.quantity:
            errors[f"items[{index}].seats"] = _("Name as many seats as the quantity says, or leave this out.")
        elif named & set(item.seats) or len(set(item.seats)) < len(item.seats):
            errors[f"items[{index}].seats"] = _("Name each seat once.")
        named.update(item.seats)
    return errors


def check_key(key: str | None) -> str:
    """The Idempotency-Key header. Raises Problem when it is missing or could be guessed."""
    if key is None or len(key) not in KEY_LENGTHS:
        raise invalid(
            {"Idempotency-Key": _("Send this header with 16 to 200 characters that nobody can guess, such as a UUID.")}
        )
    return key


def request_for(event: int, items: tuple[Item, ...], key: str) -> HoldRequest:
    return HoldRequest(event, items, digest("hold", key), _fingerprint(items))


def _fingerprint(items: Iterable[Item]) -> UUID:
    return digest(*(_spelled(item) for item in items))


def _spelled(item: Item) -> str:
    seats = f":{','.join(str(seat) for seat in item.seats)}" if item.seats else ""
    return f"{item.ticket_type}:{item.quantity}{seats}"


def wrong_field(reason: str) -> str:
    """Which field of an item a reason is about."""
    word = reason.partition(":")[0]
    return {"limit": "quantity", "least": "quantity", "seat-unknown": "seats"}.get(word, "ticket_type")


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
