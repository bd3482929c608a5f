"""Changes to places that organizers make. Holds are made in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from fairgate.accounts.models import User
from fairgate.events import trace
from fairgate.stock.errors import CapacityChanged, CapacityTooLow, SeatsDecide, SeatTaken, SeatUnknown, SoldOut
from fairgate.stock.models import Quota


@dataclass(frozen=True)
class Place:
    """What a ticket has: a place of each quota that its type draws on, and a seat if they are numbered."""

    ticket: UUID
    ticket_type: int
    seat: int | None


@transaction.atomic
def resize_quota(quota: Quota, *, capacity: int, by: User | None, seen: int | None = None) -> None:
    """Raise or lower a capacity while it sells. Raises CapacityTooLow below what is held and sold, and SeatsDecide.

    Who says which capacity was `seen` does not overrule somebody who was quicker: that raises CapacityChanged, unless
    both wanted the same.
    """
    if quota.is_seated:
        raise SeatsDecide
    before = (
        Quota.objects.select_for_update(of=("self",), no_key=True).values_list("capacity", flat=True).get(pk=quota.pk)
    )
    if seen is not None and before == capacity:
        return
    if seen is not None and before != seen:
        raise CapacityChanged(before)
    with connection.cursor() as cursor:
        cursor.execute("SELECT stock_resize_quota(%s, %s)", (quota.pk, capacity))
        (taken,) = cursor.fetchone()
    if taken is not None:
        raise CapacityTooLow(taken, capacity)
    trace.record("quota.resized", quota.event, by=by, quota=quota.name, before=before, after=capacity)
    quota.refresh_from_db()


def return_places(hold_id: UUID, tickets: Sequence[Place]) -> int:
    """Put the places of canceled tickets back on sale; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stock_return_places(%s, %s::uuid[], %s::bigint[], %s::bigint[])",
            (
                hold_id,
                [ticket.ticket for ticket in tickets],
                [ticket.ticket_type for ticket in tickets],
                [ticket.seat for ticket in tickets],
            ),
        )
        return int(cursor.fetchone()[0])


def swap_place(hold_id: UUID, place: Place, *, ticket_type: int, seat: int | None) -> int | None:
    """Change a ticket's type or seat inside its own place; in the caller's transaction. Returns the seat it has then.

    Raises SoldOut, SeatTaken or SeatUnknown, and then nothing has changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcome, seat FROM stock_swap_ticket(%s, %s, %s, %s, %s, %s)",
            (hold_id, place.ticket, place.ticket_type, ticket_type, place.seat, seat),
        )
        outcome, has = cursor.fetchone()
    match outcome:
        case "swapped":
            return None if has is None else int(has)
        case "sold-out":
            raise SoldOut
        case "seat-taken":
            raise SeatTaken
        case _:
            raise SeatUnknown
