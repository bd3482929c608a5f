"""Numbered seats, as organizers make, add and block them. Who has them is the business of `sql/seats.sql`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from django.db import connection, transaction

from fairgate.accounts.models import User
from fairgate.events import trace
from fairgate.events.models import Session
from fairgate.stock.errors import NotSeated, SeatsInUse, SeatUnknown
from fairgate.stock.layout import Existing, Row, parse_layout
from fairgate.stock.models import Quota, Seat


@transaction.atomic
def add_seated_quota(session: Session, *, name: str, layout: str, by: User | None) -> Quota:
    """Places of their own in a session, as many as the layout has seats. Raises LayoutMistakes."""
    rows = parse_layout(layout)
    quota = Quota.objects.create(
        event_id=session.event_id, session=session, name=name, capacity=_number(rows), is_seated=True
    )
    _insert(quota, rows, first_rank=0)
    _record("quota.added", quota, by, capacity=quota.capacity, layout=layout)
    return quota


@transaction.atomic
def add_seats(quota: Quota, *, layout: str, by: User | None) -> int:
    """Further rows, behind the others. Returns how many seats they have. Raises LayoutMistakes."""
    _lock(quota)
    there = list(quota.seats.order_by("rank").values_list("rank", "block", "row").distinct())
    existing = Existing(
        rows={(block, row) for _rank, block, row in there},
        last_block=there[-1][1] if there else None,
        seats=quota.seats.count(),
    )
    rows = parse_layout(layout, existing)
    _insert(quota, rows, first_rank=there[-1][0] + 1 if there else 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT stock_count_seats(%s)", (quota.pk,))
    before = quota.capacity
    quota.refresh_from_db(fields=["capacity"])
    _record("quota.seats_added", quota, by, seats=_number(rows), before=before, after=quota.capacity, layout=layout)
    return _number(rows)


@transaction.atomic
def block_seats(quota: Quota, seats: Iterable[int], blocked: bool, by: User | None) -> int:
    """Keep seats from being sold, or sell them again. Returns how many changed.

    Raises SeatsInUse, which names the seats that are held or sold, and SeatUnknown; then nothing has changed.
    """
    _lock(quota)
    wanted = list(set(seats))
    found = list(quota.seats.filter(pk__in=wanted).order_by("rank", "place"))
    if len(found) != len(wanted):
        raise SeatUnknown
    changing = [seat for seat in found if seat.is_blocked != blocked]
    if not changing:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT stock_block_seats(%s, %s, %s)", (quota.pk, [seat.pk for seat in changing], blocked))
        (taken,) = cursor.fetchone()
    if taken:
        raise SeatsInUse([str(seat) for seat in changing if seat.pk in set(taken)])
    action = "quota.seats_blocked" if blocked else "quota.seats_unblocked"
    _record(action, quota, by, seats=len(changing), layout=_as_layout(changing))
    quota.refresh_from_db(fields=["capacity"])
    return len(changing)


def copy_seated_quota(source: Quota, target: Session, *, by: User | None) -> Quota:
    """The same seats for another date; what is blocked there is blocked here. In the caller's transaction."""
    seats = [
        Seat(**seat) for seat in source.seats.values("block", "row", "number", "rank", "place", "is_blocked")
    ]  # One statement, so that a change meanwhile is seen in whole or not at all.
    capacity = sum(not seat.is_blocked for seat in seats)
    quota = Quota.objects.create(
        event_id=target.event_id, session=target, name=source.name, capacity=capacity, is_seated=True
    )
    for seat in seats:
        seat.quota = quota
    Seat.objects.bulk_create(seats)
    _record("quota.added", quota, by, capacity=capacity, copy_of=source.pk)
    return quota


def _lock(quota: Quota) -> None:
    """As every function of the stock does before it touches seats."""
    locked = Quota.objects.select_for_update().get(pk=quota.pk)
    if not locked.is_seated:
        raise NotSeated
    quota.capacity = locked.capacity


def _insert(quota: Quota, rows: Sequence[Row], first_rank: int) -> None:
    Seat.objects.bulk_create(
        Seat(quota=quota, block=row.block, row=row.name, number=number, rank=rank, place=place)
        for rank, row in enumerate(rows, first_rank)
        for number, place in row.seats
    )


def _number(rows: Sequence[Row]) -> int:
    return sum(len(row.seats) for row in rows)


def _as_layout(seats: Sequence[Seat]) -> str:
    """In the notation of layouts, a line for each row."""
    rows = groupby(seats, lambda seat: (seat.block, seat.row))
    return "\n".join("; ".join((block, row, ", ".join(seat.number for seat in its))) for (block, row), its in rows)


def _record(action: str, quota: Quota, by: User | None, **data: object) -> None:
    trace.record(action, quota.event, by=by, quota=quota.name, **data)
