"""What the page of a refusal shows of the seats that were chosen. No framework."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fairgate.stock.catalog import Catalog, Sale, ShownTicketType
from fairgate.stock.form_requests import QUANTITY_FIELD, SEAT_FIELD
from fairgate.stock.seat_choice import FoundSeat
from fairgate.stock.seats import Seat
from fairgate.stock.ticket_form import Refusal

Kinds = Mapping[int, ShownTicketType]


def context(
    catalog: Catalog,
    refusal: Refusal,
    wanted: Mapping[int, int | None],
    found: Sequence[FoundSeat],
    near: Mapping[int, Sequence[Seat]],
) -> dict[str, Any]:
    """`wanted` are the ticket types by seat, as far as they were said."""
    kinds = {ticket_type.id: ticket_type for ticket_type in catalog.ticket_types}
    shown = {one for seat in found for one in seat.ticket_types} | {one for one in wanted.values() if one}
    return {
        "kept": [_kept(seat, wanted[seat.id], kinds) for seat in found if seat.is_free],
        "gone": [_gone(seat, wanted[seat.id], kinds, near.get(seat.id, ())) for seat in found if not seat.is_free],
        "ticket_types": shown,
        "errors": [*_errors(refusal, shown, kinds)],
    }


def value(seat: int, ticket_type: int | None) -> str:
    """What the form sends for a seat."""
    return f"{seat}:{ticket_type}" if ticket_type else str(seat)


def _kept(seat: FoundSeat, chosen: int | None, kinds: Kinds) -> dict[str, Any]:
    on_sale = [kinds[one] for one in seat.ticket_types if one in kinds and kinds[one].sale == Sale.OPEN]
    options = [_option(seat.id, kind) for kind in on_sale]
    return {"id": seat.id, "name": seat.name, "value": value(seat.id, chosen), "options": options}


def _gone(seat: FoundSeat, chosen: int | None, kinds: Kinds, near: Sequence[Seat]) -> dict[str, Any]:
    ticket_type = chosen or (seat.ticket_types[0] if len(seat.ticket_types) == 1 else None)
    kind = kinds.get(ticket_type or 0)
    return {
        "id": seat.id,
        "name": seat.name,
        "kind": kind.name if kind else "",
        "price": kind.price if kind else 0,
        "others": [{"value": value(other.id, ticket_type), "name": other.name} for other in near],
    }


def _option(seat: int, kind: ShownTicketType) -> dict[str, Any]:
    return {"value": value(seat, kind.id), "name": kind.name, "price": kind.price}


def _errors(refusal: Refusal, shown: set[int], kinds: Kinds) -> Iterable[str]:
    """What is said of the seats, and of the ticket types whose number is that of their seats."""
    if SEAT_FIELD in refusal.errors:
        yield refusal.errors[SEAT_FIELD]
    for ticket_type in sorted(shown & kinds.keys()):
        if sentence := refusal.errors.get(f"{QUANTITY_FIELD}{ticket_type}"):
            yield f"{kinds[ticket_type].name}: {sentence}"
