"""Where everything on a session's seat plan stands, in the units of its drawing: the stage, then row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from fairgate.lib import addresses
from fairgate.lib.i18n import gettext as _
from fairgate.stock import ticket_form
from fairgate.stock.catalog import Catalog, ShownSession, ShownTicketType
from fairgate.stock.seat_form import value
from fairgate.stock.seats import Block, Row, Seat, SeatedQuota

# A seat with the air around it, which is touched like the seat: a thumb needs some 24 pixels.
PITCH = 32
STAGE = 56
HEADING = 40
# Then colors begin again. They are never the only sign.
COLORS = 6


def context(catalog: Catalog, session: ShownSession, plans: Sequence[SeatedQuota]) -> dict[str, Any]:
    """The names that seats.html reads."""
    ticket_types = {one.id: one for one in catalog.ticket_types_of(session) if one.can_be_bought}
    columns = max(_columns(plan) for plan in plans)
    seated, top = [], STAGE
    for number, plan in enumerate(plans):
        kinds = [ticket_types[one] for one in plan.ticket_types if one in ticket_types]
        left = PITCH + (columns - _columns(plan)) * PITCH // 2
        blocks = [*_blocks(plan, kinds, left, top)]
        seated.append({"name": plan.name, "color": number % COLORS, "kinds": kinds, "blocks": blocks})
        top += sum(HEADING + len(block.rows) * PITCH for block in plan.blocks)
    return {
        "event": ticket_form.event(catalog),
        "session": session,
        "quotas": seated,
        "others": [ticket_form.ticket(one) for one in ticket_types.values() if not one.is_seated],
        "width": (columns + 2) * PITCH,
        "height": top + PITCH // 2,
        "taken_url": f"{addresses.seats(catalog.organizer_slug, catalog.slug, session.id)}taken/",
    }


def _blocks(plan: SeatedQuota, kinds: Sequence[ShownTicketType], left: int, top: int) -> Iterator[dict[str, Any]]:
    origin = left - min(seat.place for seat in plan.seats) * PITCH
    middle = left + _columns(plan) * PITCH // 2
    for block in plan.blocks:
        top += HEADING
        rows = [_row(block, row, kinds, origin, top + number * PITCH) for number, row in enumerate(block.rows)]
        yield {"name": block.name or plan.name, "x": middle, "y": top - 14, "rows": rows}
        top += len(rows) * PITCH


def _row(block: Block, row: Row, kinds: Sequence[ShownTicketType], origin: int, y: int) -> dict[str, Any]:
    words = _("row %(row)s") % {"row": row.name}
    return {
        "name": row.name,
        "title": f"{block.name}, {words}" if block.name else words[:1].upper() + words[1:],
        "y": y,
        "signs": [int(origin + (place + 0.5) * PITCH) for place in _beside(row)],
        "seats": [_seat(seat, kinds, origin + seat.place * PITCH, y) for seat in row.seats],
    }


def _beside(row: Row) -> list[float]:
    """Where the row's name stands: at both ends, and in its aisles, since a phone shows a part of the row."""
    places = [seat.place for seat in row.seats]
    aisles = [(one + other) / 2 for one, other in pairwise(places) if other - one > 1]
    return [places[0] - 1, *aisles, places[-1] + 1]


def _seat(seat: Seat, kinds: Sequence[ShownTicketType], x: int, y: int) -> dict[str, Any]:
    return {
        "id": seat.id,
        "number": seat.number,
        "name": seat.name,
        "is_free": seat.is_free and bool(kinds),
        # With one kind of ticket there is nothing more to say.
        "value": value(seat.id, kinds[0].id if len(kinds) == 1 else None),
        "x": x,
        "y": y,
    }


def _columns(plan: SeatedQuota) -> int:
    places = [seat.place for seat in plan.seats]
    return max(places) - min(places) + 1
