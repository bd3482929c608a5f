from __future__ import annotations

import pytest
from django.db import connection

from fairgate.events.models import TicketType
from fairgate.lib.ids import uuid7
from fairgate.stock import engine, seats
from fairgate.stock.engine import HoldRequest, Item, Outcome
from fairgate.stock.models import Hold, Quota, Seat, SeatTaken
from fairgate.stock.seat_choice import find, nearest_free
from fairgate.testing.cast import Concert

pytestmark = pytest.mark.django_db


def hold(*items: Item, event: int, key: str = "") -> engine.Answer:
    request = HoldRequest(event, items, engine.digest(key or str(uuid7())), engine.digest(repr(items)))
    with connection.cursor() as cursor:
        (answer,) = engine.hold_places(cursor, event, [request])
    return answer


def pick(ticket_type: TicketType, *names: str) -> engine.Answer:
    chosen = tuple(seat(name) for name in names)
    return hold(Item(ticket_type.pk, len(chosen), chosen), event=ticket_type.event_id)


def best(ticket_type: TicketType, quantity: int) -> list[str]:
    return names(hold(Item(ticket_type.pk, quantity), event=ticket_type.event_id))


def seat(name: str) -> int:
    return Seat.objects.get(row=name[0], number=name[1:]).pk


def names(answer: engine.Answer) -> list[str]:
    found = Seat.objects.in_bulk(answer.items[0].seats or ())
    return [found[one].row + found[one].number for one in answer.items[0].seats or ()]


def test_chosen_seats_are_had(stalls: TicketType) -> None:
    answer = pick(stalls, "B3", "B4")

    assert (answer.outcome, names(answer)) == (Outcome.HELD, ["B3", "B4"])
    assert SeatTaken.objects.filter(hold_id=answer.hold).count() == Quota.objects.get(is_seated=True).taken == 2


def test_a_seat_is_had_once(stalls: TicketType) -> None:
    pick(stalls, "B4", "B5")

    answer = pick(stalls, "B3", "B4")

    assert (answer.outcome, names(answer)) == (Outcome.SEAT_TAKEN, ["B4"])
    assert pick(stalls, "B3").outcome == Outcome.HELD


def test_best_seats_are_together_in_front_and_in_the_middle(stalls: TicketType) -> None:
    assert best(stalls, 4) == ["A2", "A3", "A4", "A5"]
    assert best(stalls, 4) == ["A6", "A7", "A8", "A9"]
    assert best(stalls, 2) == ["B4", "B5"]
    assert best(stalls, 1) == ["A1"]


def test_best_seats_are_in_several_rows_when_no_row_has_so_many(stalls: TicketType) -> None:
    assert len(set(best(stalls, 12))) == 12


def test_best_available_takes_the_last_seat_and_not_one_more(stalls: TicketType) -> None:
    for _ in range(3):
        assert len(best(stalls, 10)) == 10

    assert hold(Item(stalls.pk, 1), event=stalls.event_id).outcome == Outcome.SOLD_OUT


def test_same_key_gives_the_same_seats(stalls: TicketType) -> None:
    first = hold(Item(stalls.pk, 2), event=stalls.event_id, key="k")

    again = hold(Item(stalls.pk, 2), event=stalls.event_id, key="k")

    assert (again.outcome, again.items[0].seats) == (Outcome.REPEAT, first.items[0].seats)


def test_a_request_that_fails_for_its_seats_takes_none_of_them(stalls: TicketType, concert: Concert) -> None:
    pick(stalls, "C1")

    answer = hold(Item(concert.free.pk, 1), Item(stalls.pk, 2, (seat("C2"), seat("C1"))), event=stalls.event_id)

    assert answer.outcome == Outcome.SEAT_TAKEN
    concert.quota.refresh_from_db()
    assert (concert.quota.taken, SeatTaken.objects.count()) == (0, 1)


def test_seats_of_another_ticket_are_refused(stalls: TicketType, concert: Concert) -> None:
    answer = hold(Item(concert.free.pk, 1, (seat("A1"),)), event=stalls.event_id)

    assert (answer.outcome, answer.items[0].reason) == (Outcome.INVALID, "seat-unknown")


@pytest.mark.parametrize("chosen", [("A1",), ("A1", "A1"), ("A1", "A2", "A3")])
def test_as_many_seats_as_tickets(stalls: TicketType, chosen: tuple[str, ...]) -> None:
    answer = hold(Item(stalls.pk, 2, tuple(seat(name) for name in chosen)), event=stalls.event_id)

    assert (answer.outcome, answer.items[0].reason) == (Outcome.INVALID, "seat-unknown")
    assert not SeatTaken.objects.exists()


def test_released_seats_are_free(stalls: TicketType) -> None:
    answer = pick(stalls, "A1")
    with connection.cursor() as cursor:
        engine.release_hold(cursor, answer.hold)

    assert pick(stalls, "A1").outcome == Outcome.HELD


def test_blocked_seats_are_not_sold(stalls: TicketType) -> None:
    quota = Quota.objects.get(is_seated=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT stock_block_seats(%s, %s, true)", (quota.pk, [seat("A5"), seat("A6")]))
    quota.refresh_from_db()

    assert quota.capacity == 28
    assert pick(stalls, "A5").outcome == Outcome.SEAT_TAKEN
    assert best(stalls, 2) == ["A3", "A4"]


def test_taken_seats_are_not_blocked(stalls: TicketType) -> None:
    pick(stalls, "A5")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stock_block_seats(%s, %s, true)", (Quota.objects.get(is_seated=True).pk, [seat("A5"), seat("A6")])
        )
        (refusing,) = cursor.fetchone()

    assert refusing == [seat("A5")]
    assert not Seat.objects.filter(is_blocked=True).exists()


def test_nearest_free_seats_are_beside_first(stalls: TicketType) -> None:
    pick(stalls, "B3", "B4")
    with connection.cursor() as cursor:
        near = nearest_free(cursor, [seat("B4")])

    assert [one.row + one.number for one in near[seat("B4")]] == ["B5", "A4", "B2"]


def test_nobody_is_offered_the_same_seat_twice_or_one_that_is_wanted_already(stalls: TicketType) -> None:
    pick(stalls, "B3", "B4")
    with connection.cursor() as cursor:
        near = nearest_free(cursor, [seat("B3"), seat("B4")], besides=[seat("B5")])

    offered = [[one.row + one.number for one in near[seat(gone)]] for gone in ("B3", "B4")]
    assert offered == [["B2", "A3", "B1"], ["A4", "C4", "A5"]]


def test_no_seat_is_near_when_none_is_free(stalls: TicketType) -> None:
    for _ in range(3):
        best(stalls, 10)
    with connection.cursor() as cursor:
        assert nearest_free(cursor, [seat("A1")]) == {seat("A1"): []}


def test_found_seats_come_in_the_order_of_the_plan_with_their_ticket_types(
    stalls: TicketType, concert: Concert
) -> None:
    pick(stalls, "A2")
    wanted = [seat("C1"), seat("A2"), 2**62]
    with connection.cursor() as cursor:
        found = find(cursor, concert.event.pk, wanted)
        elsewhere = find(cursor, concert.event.pk + 1, wanted)

    assert [(one.name, one.is_free, list(one.ticket_types)) for one in found] == [
        ("Stalls, row A, seat 2", False, [stalls.pk]),
        ("Stalls, row C, seat 1", True, [stalls.pk]),
    ]
    assert elsewhere == []


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (["C1"], "Stalls, row C, seat 1"),
        (["C1", "C2"], "Stalls, row C, seats 1, 2"),
        (["C1", "C2", "C3"], "Stalls, row C, seats 1–3"),  # noqa: RUF001
        (["A1", "A3", "A4", "A5"], "Stalls, row A, seats 1, 3–5"),  # noqa: RUF001
    ],
)
def test_seats_side_by_side_are_named_together(stalls: TicketType, wanted: list[str], name: str) -> None:
    found = [Seat.objects.get(pk=seat(one)) for one in wanted]

    assert seats.names_together(found) == [name]
    assert seats.names_together([*found, Seat.objects.get(pk=seat("B1"))]) == [name, "Stalls, row B, seat 1"]


def test_a_name_that_is_no_number_follows_nothing(stalls: TicketType) -> None:
    found = [Seat(block="", row="1", number=number, rank=0, place=1) for number in ("1", "2", "2a", "3")]

    assert seats.names_together(found) == ["Row 1, seats 1, 2, 2a, 3"]


def test_what_cannot_be_taken_is_taken_or_blocked(stalls: TicketType) -> None:
    pick(stalls, "A5")
    Seat.objects.filter(pk=seat("B1")).update(is_blocked=True)
    with connection.cursor() as cursor:
        gone = seats.unavailable(cursor, stalls.event_id, stalls.session_id)

    assert gone == sorted([seat("A5"), seat("B1")])


def test_a_plan_shows_what_is_free(stalls: TicketType) -> None:
    pick(stalls, "B3")
    with connection.cursor() as cursor:
        (plan,) = seats.plans(cursor, stalls.event_id)

    assert [row.name for row in plan.blocks[0].rows] == ["A", "B", "C"]
    assert [one.row + one.number for one in plan.seats if not one.is_free] == ["B3"]
    assert plan.ticket_types == [stalls.pk]


def test_a_hold_is_extended_once(concert: Concert) -> None:
    answer = hold(Item(concert.free.pk, 1), event=concert.event.pk)
    Hold.objects.update(expires_at=answer.expires_at - engine.HOLD_TTL + engine.GRACE / 2)
    with connection.cursor() as cursor:
        later = engine.extend_hold(cursor, answer.hold)

        assert later is not None
        assert engine.extend_hold(cursor, answer.hold) is None
    assert Hold.objects.get().expires_at == later
