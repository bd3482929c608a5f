"""Changes to places that organizers make. Holds are made in the engine."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from fairgate.accounts.models import User
from fairgate.organizers import audit
from fairgate.stock.errors import CapacityTooLow
from fairgate.stock.models import Quota


@transaction.atomic
def resize_quota(quota: Quota, *, capacity: int, by: User | None) -> None:
    """Raise or lower a capacity while it sells. Raises CapacityTooLow below what is held and sold."""
    before = quota.capacity
    with connection.cursor() as cursor:
        cursor.execute("SELECT stock_resize_quota(%s, %s)", (quota.pk, capacity))
        (taken,) = cursor.fetchone()
    if taken is not None:
        raise CapacityTooLow(taken, capacity)
    audit.record(
        "quota.resized",
        quota.event,
        organizer=quota.event.organizer_id,
        by=by,
        quota=quota.name,
        before=before,
        after=capacity,
    )
    quota.refresh_from_db()


def return_places(hold_id: UUID, tickets: Sequence[tuple[UUID, int]]) -> int:
    """Put the places of canceled tickets, given as (ticket, ticket type), back on sale; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stock_return_places(%s, %s::uuid[], %s::bigint[])",
            (hold_id, [ticket for ticket, _ in tickets], [ticket_type for _, ticket_type in tickets]),
        )
        return int(cursor.fetchone()[0])
