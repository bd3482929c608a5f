"""How many tickets one buyer may have, over all orders of an event."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection, connections

from fairgate.accounts.models import User
from fairgate.core.audit import find_differences
from fairgate.events.models import Event, TicketType
from fairgate.lib.ids import uuid7
from fairgate.orders.actions import cancel_tickets
from fairgate.orders.contact import buyer
from fairgate.orders.errors import LimitReached
from fairgate.orders.models import Order, Ticket
from fairgate.orders.place import Buyer, place_order
from fairgate.payments.models import Method
from fairgate.stock.models import Hold
from fairgate.testing.cast import Concert, buy, hold, make_concert, make_organizer

pytestmark = pytest.mark.django_db

BEN = "ben@example.org"


def limit(concert: Concert, *, event: int | None = None, free: int | None = None, standard: int | None = None) -> None:
    Event.objects.filter(pk=concert.event.pk).update(max_per_buyer=event)
    TicketType.objects.filter(pk=concert.free.pk).update(max_per_buyer=free)
    TicketType.objects.filter(pk=concert.standard.pk).update(max_per_buyer=standard)


def refused(*items: tuple[TicketType, int], email: str = BEN) -> int:
    """The limit that refuses this order."""
    with pytest.raises(LimitReached) as refusal:
        buy(*items, email=email)
    return refusal.value.most


def test_as_many_as_the_limit_and_not_one_more(concert: Concert) -> None:
    limit(concert, free=2)

    buy((concert.free, 2))
    assert refused((concert.free, 1)) == 2


def test_what_was_held_before_the_limit_was_lowered_is_refused(concert: Concert) -> None:
    held = hold((concert.free, 3)).hold
    limit(concert, free=2)

    with pytest.raises(LimitReached) as refusal:
        place(held)
    assert refusal.value.most == 2


def test_a_limit_counts_over_several_orders(concert: Concert) -> None:
    limit(concert, free=3)
    for _ in range(2):
        buy((concert.free, 1))

    assert refused((concert.free, 2)) == 3
    buy((concert.free, 1))
    assert refused((concert.free, 1)) == 3


def test_a_limit_of_the_event_counts_all_kinds_together(concert: Concert) -> None:
    limit(concert, event=3)
    buy((concert.free, 1), (concert.standard, 1))

    assert refused((concert.free, 1), (concert.standard, 1)) == 3
    buy((concert.standard, 1))
    assert refused((concert.free, 1)) == 3


def test_a_limit_of_one_kind_leaves_the_others_alone(concert: Concert) -> None:
    limit(concert, event=5, standard=1)
    buy((concert.standard, 1))

    assert refused((concert.standard, 1)) == 1
    buy((concert.free, 4))
    assert refused((concert.free, 1)) == 5


def test_other_events_and_other_buyers_do_not_count(concert: Concert) -> None:
    other = make_concert(concert.event.organizer, "other")
    for one in (concert, other):
        limit(one, event=1)
    buy((concert.free, 1))

    buy((other.free, 1))
    buy((concert.free, 1), email="gail@example.org")
    assert refused((concert.free, 1)) == 1


def test_a_canceled_ticket_no_longer_counts(concert: Concert, olga: User) -> None:
    limit(concert, event=2)
    order = buy((concert.free, 2))
    cancel_tickets(order, [order.tickets.all()[0]], by=olga, reason="")

    buy((concert.free, 1))
    assert refused((concert.free, 1)) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (BEN, "Ben+Concert@EXAMPLE.org"),
        ("b.en+1@gmail.com", "ben@googlemail.com"),
        ("ben@münchen.example", "BEN@xn--mnchen-3ya.example"),
        (BEN, '"ben"@example.org'),
    ],
)
def test_ways_to_write_one_address_are_one_buyer(concert: Concert, first: str, second: str) -> None:
    limit(concert, event=1)
    order = buy((concert.free, 1), email=first)

    assert refused((concert.free, 1), email=second) == 1
    assert order.email == first


def test_the_same_order_again_is_answered_as_before(concert: Concert) -> None:
    limit(concert, event=2)
    held, key = hold((concert.free, 2)).hold, str(uuid7())

    codes = {place(held, key=key) for _ in range(2)}

    assert len(codes) == Order.objects.count() == 1


def test_the_refused_keeps_her_places_and_may_use_another_address(concert: Concert) -> None:
    limit(concert, event=1)
    buy((concert.free, 1))
    held = hold((concert.free, 1)).hold

    with pytest.raises(LimitReached):
        place(held)

    assert Hold.objects.get(pk=held).state == "active"
    place(held, email="gail@example.org")
    assert taken(concert) == 2


def test_a_limit_lowered_later_cancels_nothing(concert: Concert) -> None:
    buy((concert.free, 5))
    limit(concert, event=2)

    assert refused((concert.free, 1)) == 2
    assert taken(concert) == 6


@pytest.mark.parametrize("has", range(4))
def test_a_refusal_does_not_tell_how_many_an_address_has(concert: Concert, has: int) -> None:
    """Which limit refuses must not depend on it, as long as there is no order that could show it as well."""
    of_one, of_two = hold((concert.free, 3)).hold, hold((concert.free, 3), (concert.standard, 4)).hold
    limit(concert, event=4, free=2)
    if has:
        buy((concert.standard, has))

    for held, method in ((of_one, Method.FREE), (of_two, Method.TRANSFER)):
        with pytest.raises(LimitReached) as refusal:
            place(held, method=method)
        assert refusal.value.most == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of_event", [True, False])
def test_of_two_orders_at_the_same_instant_one_wins(transactional_db: None, of_event: bool) -> None:
    concert = make_concert(make_organizer("riverside"))
    limit(concert, **({"event": 1} if of_event else {"free": 1}))
    rounds = 40
    helds = [hold((concert.free, 1)).hold for _ in range(2 * rounds)]
    start = threading.Barrier(2)

    def click(hand: int) -> list[bool]:
        won = []
        for number in range(rounds):
            email = f"{'Ben' if hand else 'ben'}{number}{'+x' if hand else ''}@example.org"
            start.wait()
            try:
                place(helds[2 * number + hand], email=email)
                won.append(True)
            except LimitReached:
                won.append(False)
        connections.close_all()
        return won

    with ThreadPoolExecutor(2) as pool:
        left, right = pool.map(click, range(2))

    assert [one != other for one, other in zip(left, right, strict=True)] == [True] * rounds
    assert Ticket.objects.count() == Order.objects.count() == rounds
    assert Hold.objects.filter(state="active").count() == rounds
    assert find_differences() == []


@pytest.mark.django_db(transaction=True)
def test_other_buyers_do_not_wait_for_a_buyer(transactional_db: None) -> None:
    """One of Ben's orders is stuck in the middle of its transaction: his next one waits, Gail's does not."""
    concert = make_concert(make_organizer("riverside"))
    limit(concert, event=1)
    mine, others = hold((concert.free, 1)).hold, hold((concert.free, 1)).hold

    def stuck(go_on: threading.Event, is_in: threading.Event) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(
                    "SELECT orders_check_limits(%s, %s, %s::bigint[], %s::int[], false)",
                    [concert.event.pk, buyer(BEN), [concert.free.pk], [1]],
                )
                is_in.set()
                go_on.wait(60)
                cursor.execute("ROLLBACK")
        finally:
            connections.close_all()

    def own(held: UUID) -> None:
        try:
            place(held)
        finally:
            connections.close_all()

    go_on, is_in = threading.Event(), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(stuck, go_on, is_in)
        try:
            assert is_in.wait(60)
            waiting = pool.submit(own, mine)
            place(others, email="gail@example.org")
            assert not waiting.done()
        finally:
            go_on.set()
        first.result()
        waiting.result()

    assert Order.objects.count() == 2


def place(held: UUID, *, email: str = BEN, key: str = "", method: Method = Method.FREE) -> str:
    tickets = sum(item.quantity for item in Hold.objects.get(pk=held).items.all())
    return place_order(held, key=key or str(uuid7()), buyer=Buyer(email, "Ben", [""] * tickets), method=method)


def taken(concert: Concert) -> int:
    concert.quota.refresh_from_db()
    return concert.quota.taken
