"""A report is worth what its checks would find: each is given the fault that it is there for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection

from fairgate.events.models import TicketType
from fairgate.lib.ids import uuid7
from fairgate.orders.models import Order
from fairgate.rehearsal import counting
from fairgate.rehearsal.copies import Copy
from fairgate.rehearsal.exactness import check
from fairgate.rehearsal.facts import Facts
from fairgate.rehearsal.fates import Fate
from fairgate.rehearsal.tests.planted import OPENED_AT, QUOTA, facts, loser, told, winner
from fairgate.rehearsal.told import Told
from fairgate.testing.cast import buy, hold

SALE = (winner(1.0, places=2), winner(2.0), loser(3.0))
RIGHT = facts(SALE, capacity=3)


def test_a_good_sale_is_found_right() -> None:
    assert _wrong(RIGHT, told(*SALE)) == []


def test_more_tickets_than_places_are_found_whatever_the_counter_says() -> None:
    (places,) = RIGHT.places
    oversold = replace(RIGHT, places=[replace(places, sold=4, taken=3)], tickets=4, promised=4)

    assert _wrong(oversold, told(*SALE)) == ["Never more than there are", "A place for each ticket"]


def test_places_that_are_nobodys_are_found() -> None:
    (places,) = RIGHT.places

    assert _wrong(replace(RIGHT, places=[replace(places, capacity=9, taken=5)]), told(*SALE[:2])) == [
        "A place for each ticket"
    ]


def test_an_order_without_its_tickets_is_found() -> None:
    assert _wrong(replace(RIGHT, promised=4), told(*SALE)) == ["Every order has its tickets"]


def test_an_order_of_which_a_buyer_was_told_and_that_is_not_there_is_found() -> None:
    assert _wrong(replace(RIGHT, orders=frozenset(["ORDER1.0"])), told(*SALE)) == ["What was said is true"]


def test_one_order_told_to_two_buyers_is_found() -> None:
    other = replace(SALE[1], order="ORDER1.0")

    assert _wrong(RIGHT, told(SALE[0], other, SALE[2])) == ["What was said is true"]


def test_an_order_whose_answer_got_lost_is_no_fault() -> None:
    unheard = replace(SALE[1], order="", outcome="lost")

    assert _wrong(RIGHT, told(SALE[0], unheard, SALE[2])) == []


def test_a_double_click_that_bought_twice_is_found() -> None:
    twice = replace(SALE[0], contradictions=1)

    assert _wrong(RIGHT, told(twice, *SALE[1:])) == ["A double click buys once"]
    assert _wrong(replace(RIGHT, orders_of_one_hold=1), told(*SALE)) == ["A double click buys once"]


def test_a_seat_that_was_sold_twice_is_found() -> None:
    assert _wrong(replace(RIGHT, has_seats=True, seats_sold_twice=["Stalls A 1"]), told(*SALE)) == ["One ticket a seat"]


def test_who_was_refused_while_there_were_places_is_found() -> None:
    early = loser(-5.0)

    assert _wrong(RIGHT, told(*SALE, early)) == ["Nobody was refused what was there"]


def test_who_wanted_more_than_were_left_was_refused_rightly() -> None:
    assert _wrong(facts(SALE[:2], capacity=4), told(*SALE[:2], loser(30.0, wanted=2))) == []
    assert _wrong(facts(SALE[:2], capacity=4), told(*SALE[:2], loser(30.0))) == ["Nobody was refused what was there"]


def test_places_that_came_back_soon_after_are_no_fault() -> None:
    back = replace(RIGHT.moves[0], seq=3, quantity=-2, at=OPENED_AT + 4.0)

    assert _wrong(replace(RIGHT, moves=[*RIGHT.moves, back], places=_free(RIGHT, 2)), told(*SALE)) == []


def test_a_difference_in_the_books_is_found() -> None:
    assert [one.rule for one in check(RIGHT, told(*SALE), ["taken is the sum of the ledger"]) if not one.is_right] == [
        "The books agree"
    ]


@pytest.fixture
def sold(copy: Copy) -> tuple[Copy, Told]:
    """The whole hall, in a real database."""
    free = TicketType.objects.get(pk=copy.offers[1].ticket_type)
    orders = [buy((free, 10), email=f"ben{number}@example.org") for number in range(10)]
    fates = [
        Fate(1.0, free.pk, 1.0, 2.0, "bought", places=10, hold=str(order.hold_id), order=order.code) for order in orders
    ]
    return copy, told(*fates)


def test_a_whole_sale_is_counted_right(sold: tuple[Copy, Told]) -> None:
    copy, seen = sold
    free = TicketType.objects.get(pk=copy.offers[1].ticket_type)

    counted = counting.count(copy)

    assert not hold((free, 1)).is_held
    assert _wrong(counted, seen) == []
    assert (counted.sold, counted.capacity, counted.tickets, len(counted.orders)) == (100, 100, 100, 10)
    assert counted.mails_waiting == 10


def test_a_ticket_too_many_in_the_database_is_found(sold: tuple[Copy, Told]) -> None:
    copy, seen = sold
    order = Order.objects.filter(event=copy.event).first()
    assert order is not None
    ticket = order.tickets.first()
    assert ticket is not None
    ticket.pk, ticket.reference, ticket.position = uuid7(), "PLANTED", 99
    ticket.save(force_insert=True)

    assert _wrong(counting.count(copy), seen) == [
        "Never more than there are",
        "A place for each ticket",
        "Every order has its tickets",
    ]


def test_a_quota_that_is_smaller_than_what_was_sold_is_found(sold: tuple[Copy, Told]) -> None:
    copy, seen = sold
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE stock_quota DROP CONSTRAINT stock_quota_never_oversold")
        cursor.execute("UPDATE stock_quota SET capacity = 99 WHERE event_id = %s", [copy.event.pk])

    assert "Never more than there are" in _wrong(counting.count(copy), seen)


def _wrong(found: Facts, seen: Told) -> list[str]:
    return [one.rule for one in check(found, seen, []) if not one.is_right]


def _free(found: Facts, number: int) -> list[object]:
    (places,) = found.places
    assert places.quota == QUOTA
    return [replace(places, sold=places.sold - number, taken=places.taken - number)]
