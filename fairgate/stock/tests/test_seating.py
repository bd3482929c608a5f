from __future__ import annotations

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from fairgate.accounts.models import User
from fairgate.events.actions import add_session
from fairgate.events.details import SessionDetails, TicketTypeDetails
from fairgate.events.models import EventState, Session, TicketType
from fairgate.organizers import audit
from fairgate.stock import engine, offers, seating
from fairgate.stock.actions import resize_quota
from fairgate.stock.errors import NotSeated, SeatsDecide, SeatsInUse, SeatUnknown, SeveralSeats
from fairgate.stock.layout import LayoutMistakes
from fairgate.stock.models import Move, Quota, Seat
from fairgate.testing.cast import Concert, hold

HALL = "Stalls; A-C; 1-5 | 6-10\nBalcony; 1-2; 1-6"


@pytest.fixture
def hall(concert: Concert, olga: User) -> Quota:
    return seating.add_seated_quota(concert.session, name="Hall", layout=HALL, by=olga)


@pytest.fixture
def seated(hall: Quota, concert: Concert, olga: User) -> TicketType:
    details = TicketTypeDetails(name="Seated", max_per_order=100)
    return offers.add_ticket_type(concert.session, details=details, quotas=[hall], by=olga)


def seat(quota: Quota, name: str) -> int:
    block, row, number = name.split()
    return quota.seats.get(block=block, row=row, number=number).pk


def another_session(concert: Concert, olga: User) -> Session:
    details = SessionDetails(starts_at=concert.session.ends_at, ends_at=concert.session.ends_at.replace(year=2199))
    return add_session(concert.event, details=details, by=olga)


def test_a_layout_becomes_seats_from_the_front(hall: Quota) -> None:
    rows = hall.seats.order_by("rank", "place")

    assert (hall.is_seated, hall.capacity, len(rows)) == (True, 42, 42)
    assert [str(rows[n]) for n in (0, 4, 5, 41)] == [
        "Stalls, row A, seat 1", "Stalls, row A, seat 5", "Stalls, row A, seat 6", "Balcony, row 2, seat 6",
    ]  # fmt: skip
    assert [(rows[n].rank, rows[n].place) for n in (0, 4, 5, 41)] == [(0, 1), (0, 5), (0, 7), (4, 6)]


def test_it_sells(hall: Quota, seated: TicketType) -> None:
    assert hold((seated, 42)).outcome == engine.Outcome.HELD
    assert hold((seated, 1)).outcome == engine.Outcome.SOLD_OUT


def test_a_wrong_layout_leaves_nothing(concert: Concert, olga: User) -> None:
    with pytest.raises(LayoutMistakes):
        seating.add_seated_quota(concert.session, name="Hall", layout="Stalls", by=olga)

    assert list(Quota.objects.all()) == [concert.quota]


def test_further_rows_stand_behind_the_others_and_sell_at_once(hall: Quota, seated: TicketType, olga: User) -> None:
    hold((seated, 42))

    added = seating.add_seats(hall, layout="Balcony; 3; 1-6\nLoge; 1; 1-2", by=olga)

    assert (added, hall.capacity, Move.objects.filter(kind="resize").get().capacity) == (8, 50, 50)
    assert list(hall.seats.filter(rank__gt=4).values_list("rank", "row").distinct().order_by("rank")) == [
        (5, "3"),
        (6, "1"),
    ]
    assert hold((seated, 8)).outcome == engine.Outcome.HELD


def test_a_row_is_added_once(hall: Quota, olga: User) -> None:
    with pytest.raises(LayoutMistakes) as refused:
        seating.add_seats(hall, layout="Balcony; 2-3; 1-6", by=olga)

    assert refused.value.sentences == ["Line 1: row 2 is there already. Give the new row another name."]
    assert hall.seats.count() == 42


def test_blocked_seats_leave_the_capacity_and_come_back(hall: Quota, seated: TicketType, olga: User) -> None:
    wanted = [seat(hall, "Stalls A 1"), seat(hall, "Stalls A 2")]

    assert seating.block_seats(hall, wanted, True, olga) == 2
    assert (hall.capacity, hold((seated, 41)).outcome) == (40, engine.Outcome.SOLD_OUT)
    assert seating.block_seats(hall, [*wanted, seat(hall, "Stalls A 3")], False, olga) == 2
    assert (hall.capacity, hold((seated, 41)).outcome) == (42, engine.Outcome.HELD)


def test_blocking_again_changes_nothing_and_leaves_no_trace(hall: Quota, concert: Concert, olga: User) -> None:
    wanted = [seat(hall, "Stalls A 1")]
    seating.block_seats(hall, wanted, True, olga)
    traces = (audit.history(concert.event).count(), Move.objects.count())

    assert seating.block_seats(hall, wanted, True, olga) == 0
    assert (audit.history(concert.event).count(), Move.objects.count()) == traces


def test_taken_seats_are_named_and_nothing_is_blocked(hall: Quota, seated: TicketType, olga: User) -> None:
    hold((seated, 2))

    with pytest.raises(SeatsInUse) as refused:
        seating.block_seats(hall, list(hall.seats.values_list("pk", flat=True)), True, olga)

    assert refused.value.seats == ["Stalls, row A, seat 4", "Stalls, row A, seat 5"]
    assert not hall.seats.filter(is_blocked=True).exists()


def test_a_long_list_of_taken_seats_is_shortened() -> None:
    error = SeatsInUse([f"Row A, seat {number}" for number in range(1, 13)])

    assert "Row A, seat 10 and 2 more." in error.message
    assert "seat 11" not in error.message


def test_seats_of_other_places_are_unknown(hall: Quota, concert: Concert, olga: User) -> None:
    other = seating.add_seated_quota(another_session(concert, olga), name="Other", layout="; A; 1", by=olga)

    for wanted in ([other.seats.get().pk], [0], [seat(hall, "Stalls A 1"), other.seats.get().pk]):
        with pytest.raises(SeatUnknown):
            seating.block_seats(hall, wanted, True, olga)
    assert not Seat.objects.filter(is_blocked=True).exists()


def test_only_numbered_places_have_seats(concert: Concert, hall: Quota, olga: User) -> None:
    with pytest.raises(NotSeated):
        seating.add_seats(concert.quota, layout="; A; 1", by=olga)
    with pytest.raises(NotSeated):
        seating.block_seats(concert.quota, [], True, olga)
    with pytest.raises(SeatsDecide):
        resize_quota(hall, capacity=5, by=olga)


def test_every_change_is_on_record(hall: Quota, concert: Concert, olga: User) -> None:
    wanted = [seat(hall, "Stalls A 1"), seat(hall, "Stalls A 6"), seat(hall, "Balcony 1 2")]
    seating.block_seats(hall, wanted, True, olga)
    seating.block_seats(hall, wanted[:1], False, olga)
    seating.add_seats(hall, layout="Balcony; 3; 1-6", by=olga)

    entries = audit.history(concert.event)
    assert [(entry.action, entry.by, entry.data) for entry in entries] == [
        ("quota.added", olga, {"quota": "Hall", "capacity": 42, "layout": HALL}),
        ("quota.seats_blocked", olga, {"quota": "Hall", "seats": 3, "layout": "Stalls; A; 1, 6\nBalcony; 1; 2"}),
        ("quota.seats_unblocked", olga, {"quota": "Hall", "seats": 1, "layout": "Stalls; A; 1"}),
        (
            "quota.seats_added", olga,
            {"quota": "Hall", "seats": 6, "before": 40, "after": 46, "layout": "Balcony; 3; 1-6"},
        ),
    ]  # fmt: skip


def test_a_ticket_has_one_seat(hall: Quota, seated: TicketType, concert: Concert, olga: User) -> None:
    gallery = seating.add_seated_quota(concert.session, name="Gallery", layout="; 1; 1-5", by=olga)
    details = TicketTypeDetails(name="Both")

    with pytest.raises(SeveralSeats):
        offers.add_ticket_type(concert.session, details=details, quotas=[hall, gallery], by=olga)
    with pytest.raises(SeveralSeats):
        offers.edit_ticket_type(seated, details=details, quotas=[hall, gallery], by=olga)
    both = offers.add_ticket_type(concert.session, details=details, quotas=[hall, concert.quota], by=olga)
    assert both.draws.count() == 2


def test_another_date_has_the_same_seats(hall: Quota, seated: TicketType, concert: Concert, olga: User) -> None:
    hold((seated, 2))
    seating.block_seats(hall, [seat(hall, "Balcony 1 1")], True, olga)
    other = another_session(concert, olga)

    offers.copy_offer(concert.session, other, by=olga)

    copy = other.quotas.get(is_seated=True)
    names = ("block", "row", "number", "rank", "place", "is_blocked")
    assert list(copy.seats.order_by("rank", "place").values(*names)) == list(
        hall.seats.order_by("rank", "place").values(*names)
    )
    assert (copy.capacity, copy.taken) == (41, 0)
    assert hold((other.ticket_types.get(name="Seated"), 41)).outcome == engine.Outcome.HELD


def test_a_date_is_removed_with_its_seats(hall: Quota, concert: Concert, olga: User) -> None:
    other = another_session(concert, olga)
    offers.copy_offer(concert.session, other, by=olga)
    seating.block_seats(other.quotas.get(is_seated=True), [], True, olga)
    concert.event.state = EventState.DRAFT
    concert.event.save()
    other.event = concert.event

    offers.remove_session(other, by=olga)

    assert set(Seat.objects.values_list("quota", flat=True)) == {hall.pk}
    assert list(concert.event.sessions.all()) == [concert.session]


def test_a_large_hall_takes_few_statements(
    concert: Concert, olga: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    # The quota, the seats in batches, the trace; a savepoint around each.
    with django_assert_max_num_queries(12):
        hall = seating.add_seated_quota(concert.session, name="Arena", layout="; 1-200; 1-100", by=olga)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT (rank, place)) FROM stock_seat WHERE quota_id = %s", (hall.pk,))
        assert cursor.fetchone() == (20_000, 20_000)
