"""An organizer blocks a seat while a buyer takes it, on connections of their own: one wins, the other is told."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from fairgate.accounts.models import User
from fairgate.core.audit import find_differences
from fairgate.events.models import TicketType
from fairgate.lib.ids import uuid7
from fairgate.stock import engine, seating
from fairgate.stock.engine import HoldRequest, Item, Outcome
from fairgate.stock.errors import SeatsInUse
from fairgate.stock.models import Quota, Seat
from fairgate.testing.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_holds_first_has_the_seat(stalls: TicketType, olga: User) -> None:
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        held = pick(stalls, front_seat())
        blocking = pool.submit(in_its_own_connection, block, front_seat(), olga)
        wait_until(somebody_waits)
    refused = blocking.result()

    assert (held, refused) == (Outcome.HELD, ["Stalls, row A, seat 1"])
    assert_one_winner(is_blocked=False)


def test_who_blocks_first_keeps_the_seat(stalls: TicketType, olga: User) -> None:
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        refused = block(front_seat(), olga)
        picking = pool.submit(in_its_own_connection, pick, stalls, front_seat())
        wait_until(somebody_waits)
    held = picking.result()

    assert (held, refused) == (Outcome.SEAT_TAKEN, [])
    assert_one_winner(is_blocked=True)


def test_at_once_again_and_again_exactly_one_wins(stalls: TicketType, olga: User) -> None:
    seats = list(Seat.objects.order_by("rank", "place").values_list("pk", flat=True))[:20]
    start = threading.Barrier(2)

    def take(seat: int) -> bool:
        start.wait()
        return pick(stalls, seat) == Outcome.HELD

    def keep(seat: int) -> bool:
        start.wait()
        return not block(seat, olga)

    with ThreadPoolExecutor(2) as pool:
        buyer = pool.submit(in_its_own_connection, lambda: [take(seat) for seat in seats])
        organizer = pool.submit(in_its_own_connection, lambda: [keep(seat) for seat in seats])
        won = list(zip(buyer.result(), organizer.result(), strict=True))

    assert Counter(has_buyer + has_organizer for has_buyer, has_organizer in won) == {1: 20}
    assert [seat.is_blocked for seat in Seat.objects.filter(pk__in=seats).order_by("rank", "place")] == [
        has_organizer for _has_buyer, has_organizer in won
    ]
    assert find_differences() == []


def assert_one_winner(*, is_blocked: bool) -> None:
    quota = Quota.objects.get(is_seated=True)
    assert Seat.objects.get(pk=front_seat()).is_blocked == is_blocked
    assert (quota.capacity, quota.taken) == ((29, 0) if is_blocked else (30, 1))
    assert find_differences() == []


def front_seat() -> int:
    return int(Seat.objects.get(rank=0, number="1").pk)


def pick(ticket_type: TicketType, seat: int) -> Outcome:
    items = (Item(ticket_type.pk, 1, (seat,)),)
    request = HoldRequest(ticket_type.event_id, items, engine.digest(str(uuid7())), engine.digest(repr(items)))
    with connection.cursor() as cursor:
        (answer,) = engine.hold_places(cursor, ticket_type.event_id, [request])
    return answer.outcome


def block(seat: int, by: User) -> list[str]:
    """The seats that refuse."""
    try:
        seating.block_seats(Quota.objects.get(is_seated=True), [seat], True, by)
    except SeatsInUse as error:
        return error.seats
    return []


def in_its_own_connection(work: Callable[..., Any], *args: Any) -> Any:
    try:
        return work(*args)
    finally:
        connection.close()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
