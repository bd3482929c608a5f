"""A request for places as a form sends it, and what is wrong with it. No framework.

`quantity-<ticket type>` says how many. `seat=<seat>:<ticket type>` says which; it comes once for each seat, also under
names that begin with `seat-`, so that a form can offer seats one instead of another. Without scripts a plan where
several kinds of ticket are sold sends `seat=<seat>` alone: then the quantities say what the chosen seats are, in the
order of the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from fairgate.lib.i18n import gettext as _
from fairgate.lib.i18n import ngettext
from fairgate.lib.ids import uuid7
from fairgate.lib.problems import invalid
from fairgate.stock.engine import HoldRequest, Item
from fairgate.stock.requests import KEY_LENGTHS, MAX_ID, MAX_ITEMS, MAX_QUANTITY, request_for
from fairgate.stock.seat_choice import FoundSeat

QUANTITY_FIELD = "quantity-"
SEAT_FIELD = "seat"
MAX_SEATS = 500

Find = Callable[[Sequence[int]], Sequence[FoundSeat]]
Fields = Iterable[tuple[str, str]]


@dataclass
class Typed:
    """What the form says: numbers by ticket type, ticket types by seat (None: not said), and what is wrong."""

    quantities: dict[int, int] = field(default_factory=dict)
    seats: dict[int, int | None] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def read(event: int, fields: Fields, key: str, find: Find) -> HoldRequest:
    """Raises Problem with a sentence for each field. `find` is asked only about seats that come without ticket type."""
    typed = read_fields(fields)
    if not typed.errors:
        _name_ticket_types(typed, find)
    if typed.errors:
        raise invalid(typed.errors)
    return request_for(event, _items(typed), key if len(key) in KEY_LENGTHS else str(uuid7()))


def read_fields(fields: Fields) -> Typed:
    typed = Typed()
    for name, text in fields:
        if name.startswith(QUANTITY_FIELD) and text.strip() not in ("", "0"):
            _read_quantity(typed, name, text)
        elif name.partition("-")[0] == SEAT_FIELD and text.strip():
            _read_seat(typed, text)
    if not typed.quantities and not typed.seats and not typed.errors:
        typed.errors[""] = _("Choose at least one ticket.")
    if len(typed.quantities) > MAX_ITEMS or len(typed.seats) > MAX_SEATS:
        typed.errors[""] = _("Choose fewer kinds of ticket at a time.")
    return typed


def _read_quantity(typed: Typed, name: str, text: str) -> None:
    ticket_type, quantity = _number(name.removeprefix(QUANTITY_FIELD)), _number(text)
    if ticket_type is None or not 1 <= ticket_type <= MAX_ID:
        typed.errors[name] = _("There is no such ticket here.")
    elif quantity is None or not 1 <= quantity <= MAX_QUANTITY:
        typed.errors[name] = _("Choose a whole number of tickets.")
    else:
        typed.quantities[ticket_type] = quantity


def _read_seat(typed: Typed, text: str) -> None:
    place, colon, kind = text.partition(":")
    seat, ticket_type = _number(place), _number(kind)
    if seat is None or not 1 <= seat <= MAX_ID or (colon and (ticket_type is None or not 1 <= ticket_type <= MAX_ID)):
        typed.errors[SEAT_FIELD] = _("There is no such seat here.")
    elif seat in typed.seats:
        typed.errors[SEAT_FIELD] = _("You chose the same seat twice. Choose each seat once.")
    else:
        typed.seats[seat] = ticket_type


def _name_ticket_types(typed: Typed, find: Find) -> None:
    """Give each seat without a ticket type the one that is meant."""
    wanted = [seat for seat, ticket_type in typed.seats.items() if ticket_type is None]
    found = find(wanted) if wanted else []
    if len(found) < len(wanted):
        typed.errors[SEAT_FIELD] = _("There is no such seat here.")
        return
    for ticket_types, group in groupby(found, lambda seat: tuple(seat.ticket_types)):
        seats = [seat.id for seat in group]
        quantities = {ticket_type: typed.quantities.pop(ticket_type, 0) for ticket_type in ticket_types}
        if len(ticket_types) == 1 and not any(quantities.values()):
            quantities = {ticket_types[0]: len(seats)}
        if sum(quantities.values()) == len(seats):
            typed.seats.update(_in_turn(seats, quantities))
        else:
            typed.errors[SEAT_FIELD] = ngettext(
                "You chose %(num)s seat. Say which ticket it is.",
                "You chose %(num)s seats. Say which ticket each of them is.",
                len(seats),
            ) % {"num": len(seats)}


def _in_turn(seats: Iterable[int], quantities: Mapping[int, int]) -> Iterable[tuple[int, int]]:
    kinds = [ticket_type for ticket_type, quantity in quantities.items() for _one in range(quantity)]
    return zip(seats, kinds, strict=True)


def _items(typed: Typed) -> tuple[Item, ...]:
    """Those with seats first."""
    by_type: dict[int, list[int]] = {}
    for seat, ticket_type in typed.seats.items():
        by_type.setdefault(ticket_type or 0, []).append(seat)
    if both := by_type.keys() & typed.quantities.keys():
        raise invalid({f"{QUANTITY_FIELD}{min(both)}": _("Choose seats for these tickets or their number, not both.")})
    chosen = [Item(ticket_type, len(seats), tuple(seats)) for ticket_type, seats in by_type.items()]
    return (*chosen, *(Item(ticket_type, quantity) for ticket_type, quantity in typed.quantities.items()))


def _number(text: str) -> int | None:
    """ASCII digits alone: int() would take "1_000", " 7" and other alphabets' digits."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None
