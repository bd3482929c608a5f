"""Another name, another date, kind or seat, inside a ticket's own place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, connections, transaction

from fairgate.accounts.models import User
from fairgate.checkin.models import CheckinList, GateGrant, Scan
from fairgate.core.audit import find_differences
from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.lib import clock
from fairgate.lib.ids import uuid7
from fairgate.orders import errors
from fairgate.orders.actions import cancel_order, cancel_tickets
from fairgate.orders.changes import rename_ticket, swap_ticket
from fairgate.orders.choices import changeable, choices, free_seats
from fairgate.orders.models import Order, Ticket
from fairgate.orders.queries import find_order, ticket_code
from fairgate.organizers.audit import history
from fairgate.outbox.models import OutboxMessage
from fairgate.stock.engine import Outcome
from fairgate.stock.errors import SeatTaken, SeatUnknown, SoldOut, StockError
from fairgate.stock.models import Draw, Move, Quota, Seat
from fairgate.testing.cast import Concert, buy, hold, make_concert, make_organizer, make_stalls
from fairgate.testing.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)  # The audit wants a transaction of its own.


@pytest.fixture
def second(concert: Concert) -> TicketType:
    """The same ticket for the evening after, of which there are three."""
    return make_second(concert)


def make_second(concert: Concert, capacity: int = 3, price: int = 0) -> TicketType:
    starts_at = concert.session.starts_at + timedelta(days=1)
    session = Session.objects.create(event=concert.event, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))
    quota = Quota.objects.create(event=concert.event, session=session, name="Hall", capacity=capacity)
    second = TicketType.objects.create(event=concert.event, session=session, name="Second", price=price, position=5)
    Draw.objects.create(ticket_type=second, quota=quota)
    return second


def swap(order: Order, to: TicketType, seat: int | None = None, by: User | None = None, number: int = 0) -> Ticket:
    swap_ticket(order, order.tickets.all()[number], ticket_type=to, seat=seat, by=by)
    return order.tickets.select_related("ticket_type", "session", "seat").all()[number]


def taken() -> list[int]:
    return list(Quota.objects.order_by("id").values_list("taken", flat=True))


def topics() -> list[str]:
    return list(OutboxMessage.objects.order_by("id").values_list("topic", flat=True))


def test_another_name(concert: Concert) -> None:
    order = buy((concert.free, 2))
    code = ticket_code(order.tickets.all()[1])

    rename_ticket(order, order.tickets.all()[1], name="Ann Attendee", by=None)

    assert [one.attendee_name for one in order.tickets.all()] == ["Ben Buyer", "Ann Attendee"]
    assert ticket_code(order.tickets.all()[1]) == code
    entry = history(order).last()
    assert entry is not None
    reference = order.tickets.all()[1].reference
    assert (entry.action, entry.by) == ("ticket.renamed", None)
    assert entry.data == {"ticket": reference, "before": "Ben Buyer", "after": "Ann Attendee"}
    assert topics() == ["order_placed", "ticket_changed"]


def test_the_same_name_is_no_change(concert: Concert) -> None:
    order = buy((concert.free, 1))

    rename_ticket(order, order.tickets.get(), name="Ben Buyer", by=None)

    assert topics() == ["order_placed"]


def test_another_date(concert: Concert, second: TicketType, olga: User) -> None:
    order = buy((concert.free, 2))
    before = order.tickets.all()[0]

    after = swap(order, second, by=olga)

    assert (after.ticket_type, after.session) == (second, second.session)
    assert (after.reference, after.attendee_name, ticket_code(after)) == (
        before.reference,
        before.attendee_name,
        ticket_code(before),
    )
    assert taken() == [1, 1]
    assert list(Move.objects.filter(kind="swap").order_by("quota_id").values_list("quantity", "ticket_id")) == [
        (-1, after.pk),
        (1, after.pk),
    ]
    entry = history(order).last()
    assert entry is not None
    assert (entry.action, entry.by, entry.data["before"]["ticket_type"]) == ("ticket.swapped", olga, "Free")
    assert entry.data["after"] == {
        "ticket_type": "Second",
        "date": f"{second.session.starts_at.astimezone(ZoneInfo('Asia/Kolkata')):%Y-%m-%d %H:%M}",
    }
    assert topics() == ["order_placed", "ticket_changed"]
    assert find_differences() == []


def test_a_changed_ticket_is_canceled_like_any_other(concert: Concert, second: TicketType, olga: User) -> None:
    order = buy((concert.free, 2))
    changed = swap(order, second)

    cancel_tickets(order, [changed], by=olga, reason="")
    assert (taken(), find_differences()) == ([1, 0], [])

    cancel_order(order, by=olga, reason="")
    assert (taken(), find_differences()) == ([0, 0], [])


def test_there_and_back_again(concert: Concert, second: TicketType) -> None:
    order = buy((concert.free, 1))

    for to in (second, concert.free, second, concert.free):
        swap(order, to)

    assert (taken(), find_differences()) == ([1, 0], [])


def test_when_everything_is_sold_a_ticket_still_changes_inside_its_place(concert: Concert) -> None:
    """Both kinds draw on one quota, which is full."""
    other = TicketType.objects.create(event=concert.event, session=concert.session, name="Member", price=0)
    Draw.objects.create(ticket_type=other, quota=concert.quota)
    orders = [buy((concert.free, 10)) for _ in range(10)]
    assert hold((concert.free, 1)).outcome == Outcome.SOLD_OUT

    rename_ticket(orders[0], orders[0].tickets.all()[0], name="Ann Attendee", by=None)
    after = swap(orders[0], other)

    assert (after.ticket_type, after.attendee_name) == (other, "Ann Attendee")
    assert (taken(), find_differences()) == ([100], [])


def test_what_is_sold_out_refuses_and_everything_stays(concert: Concert, second: TicketType) -> None:
    buy((second, 3), email="gail@example.org")
    order = buy((concert.free, 1))
    entries = history(order).count()

    with pytest.raises(SoldOut):
        swap(order, second)

    assert order.tickets.get().ticket_type == concert.free
    assert (taken(), topics()[-1], history(order).count()) == ([1, 3], "order_placed", entries)
    assert find_differences() == []


def test_a_place_whose_hold_is_over_is_free_to_change_to(concert: Concert, second: TicketType) -> None:
    held = hold((second, 3)).hold
    order = buy((concert.free, 1))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stock_hold SET expires_at = now() - interval '1 second' WHERE id = %s", [held])

    swap(order, second)

    assert (taken(), find_differences()) == ([0, 1], [])


def test_another_price_is_refused_with_both(concert: Concert) -> None:
    dear = make_second(concert, price=1500_00)
    order = buy((concert.standard, 1))

    with pytest.raises(errors.OtherPrice) as refusal:
        swap(order, dear)

    assert "sold for ₹999, the other one costs ₹1,500" in refusal.value.message


def test_what_was_paid_counts_and_not_todays_price(concert: Concert) -> None:
    second = make_second(concert, price=999_00)
    TicketType.objects.filter(pk=second.pk).update(tax_rate_bp=1800)
    order = buy((concert.standard, 1))
    TicketType.objects.filter(pk=concert.standard.pk).update(price=1200_00)

    after = swap(order, second)

    order.refresh_from_db()
    assert (after.gross, order.gross, find_differences()) == (999_00, 999_00, [])


def test_another_tax_rate_is_refused(concert: Concert) -> None:
    second = make_second(concert, price=999_00)
    order = buy((concert.standard, 1))

    with pytest.raises(errors.OtherTax):
        swap(order, second)


def test_without_a_price_the_tax_rate_is_no_matter(concert: Concert, second: TicketType) -> None:
    TicketType.objects.filter(pk=second.pk).update(tax_rate_bp=500)

    swap(buy((concert.free, 1)), second)


def not_begun(second: TicketType) -> None:
    TicketType.objects.filter(pk=second.pk).update(sale_starts_at=clock.now() + timedelta(hours=1))


def off_sale(second: TicketType) -> None:
    TicketType.objects.filter(pk=second.pk).update(is_active=False)


def over(second: TicketType) -> None:
    past = clock.now() - timedelta(hours=1)
    Session.objects.filter(pk=second.session_id).update(starts_at=past - timedelta(hours=1), ends_at=past)


def closed(second: TicketType) -> None:
    Event.objects.update(state=EventState.CLOSED)


def without_places(second: TicketType) -> None:
    Draw.objects.filter(ticket_type=second).delete()


def of_another_event(second: TicketType) -> None:
    other = make_concert(second.event.organizer, "other")
    TicketType.objects.filter(pk=second.pk).update(event=other.event)


@pytest.mark.parametrize(
    ("state", "the_team_may"),
    [
        (not_begun, True),
        (closed, True),
        (off_sale, False),
        (over, False),
        (without_places, False),
        (of_another_event, False),
    ],
)
def test_what_is_not_offered(
    concert: Concert, second: TicketType, olga: User, state: Callable[[TicketType], None], the_team_may: bool
) -> None:
    order = buy((concert.free, 1))
    state(second)

    with pytest.raises(errors.NotOffered):
        swap(order, second)
    assert changeable(order)[order.tickets.get().pk] is False
    assert choices(order.tickets.get(), is_team=False) == []
    assert [one.id for one in choices(order.tickets.get(), is_team=True)] == ([second.pk] if the_team_may else [])
    if the_team_may:
        assert swap(order, second, by=olga).ticket_type == second
    else:
        with pytest.raises(errors.NotOffered):
            swap(order, second, by=olga)


def test_a_sale_that_ended_is_still_offered(concert: Concert, second: TicketType) -> None:
    order = buy((concert.free, 1))
    TicketType.objects.filter(pk=second.pk).update(sale_ends_at=clock.now() - timedelta(hours=1))

    assert swap(order, second).ticket_type == second


def canceled(order: Order) -> None:
    buy((order.tickets.all()[0].ticket_type, 1))
    cancel_order(order, by=None, reason="")


def date_over(order: Order) -> None:
    past = clock.now() - timedelta(hours=1)
    session = order.tickets.all()[0].session_id
    Session.objects.filter(pk=session).update(starts_at=past - timedelta(hours=1), ends_at=past)


def used(order: Order) -> None:
    Scan.objects.create(
        list=CheckinList.objects.create(event=order.event, name="Everyone"),
        ticket=order.tickets.all()[0],
        grant=make_grant(order.event),
        result="admitted",
        device="Door",
    )


@pytest.mark.parametrize(
    ("state", "error"),
    [(canceled, errors.TicketCanceled), (date_over, errors.DateOver), (used, errors.TicketUsed)],
)
def test_what_is_over_stays_as_it_is(
    concert: Concert, second: TicketType, state: Callable[[Order], None], error: type[errors.OrderError]
) -> None:
    order = buy((concert.free, 1))
    state(order)

    with pytest.raises(error):
        rename_ticket(order, order.tickets.get(), name="Ann", by=None)
    with pytest.raises(error):
        swap(order, second)
    assert "ticket_changed" not in topics()


def test_a_ticket_that_was_sent_away_from_a_door_can_be_changed(concert: Concert, second: TicketType) -> None:
    order = buy((concert.free, 1))
    used(order)
    Scan.objects.update(result="wrong-list")

    swap(order, second)


def test_a_ticket_of_another_order_is_not_changed(concert: Concert, second: TicketType) -> None:
    order, other = buy((concert.free, 1)), buy((concert.free, 1))

    with pytest.raises(errors.NoSuchTicket):
        rename_ticket(order, other.tickets.get(), name="Mallory", by=None)
    with pytest.raises(errors.NoSuchTicket):
        swap_ticket(order, other.tickets.get(), ticket_type=second, seat=None, by=None)


def test_what_a_ticket_is_already_is_no_change(concert: Concert, stalls: TicketType) -> None:
    order = buy((stalls, 1))
    ticket = order.tickets.get()

    for seat in (None, ticket.seat_id):
        with pytest.raises(errors.NothingToChange):
            swap(order, stalls, seat)


def test_limits_of_the_kind_that_is_entered_hold(concert: Concert, second: TicketType) -> None:
    TicketType.objects.filter(pk=second.pk).update(max_per_buyer=1)
    order = buy((concert.free, 2))
    swap(order, second)

    with pytest.raises(errors.LimitReached):
        swap(order, second, number=1)
    assert (taken(), find_differences()) == ([1, 1], [])


def test_a_limit_of_the_event_does_not_matter_to_a_change(concert: Concert, second: TicketType) -> None:
    TicketType.objects.filter(pk=second.pk).update(max_per_buyer=2)
    order = buy((concert.free, 2))
    Event.objects.update(max_per_buyer=1)

    swap(order, second)
    swap(order, second, number=1)


class TestSeats:
    def test_another_seat(self, stalls: TicketType) -> None:
        order = buy((stalls, 2))
        free = free_seats(stalls.pk).last()
        assert free is not None

        after = swap(order, stalls, free.pk)

        assert str(after.seat) == "Stalls, row C, seat 10"
        assert (taken(), find_differences()) == ([0, 2], [])
        entry = history(order).last()
        assert entry is not None
        assert entry.data["after"]["seat"] == "Stalls, row C, seat 10"

    def test_the_best_seat_of_another_kind_and_back_to_none(self, concert: Concert, stalls: TicketType) -> None:
        TicketType.objects.filter(pk=stalls.pk).update(price=0)
        order = buy((concert.free, 1))

        assert str(swap(order, stalls).seat) == "Stalls, row A, seat 5"
        assert (taken(), find_differences()) == ([0, 1], [])
        assert swap(order, concert.free).seat is None
        assert (taken(), find_differences()) == ([1, 0], [])

    def test_two_kinds_for_the_same_seats_keep_the_seat(self, concert: Concert, stalls: TicketType) -> None:
        student = TicketType.objects.create(
            event=concert.event, session=concert.session, name="Student", price=stalls.price
        )
        Draw.objects.create(ticket_type=student, quota=Quota.objects.get(is_seated=True))
        order = buy((stalls, 1))
        seat = order.tickets.get().seat_id

        assert swap(order, student).seat_id == seat
        assert find_differences() == []

    def test_a_seat_that_somebody_has_is_refused(self, stalls: TicketType) -> None:
        order, other = buy((stalls, 1)), buy((stalls, 1), email="gail@example.org")

        with pytest.raises(SeatTaken):
            swap(order, stalls, other.tickets.get().seat_id)
        assert find_differences() == []

    def test_a_blocked_seat_and_a_seat_of_elsewhere_are_refused(self, concert: Concert, stalls: TicketType) -> None:
        other = make_stalls(make_concert(concert.event.organizer, "other"))
        order = buy((stalls, 1))
        blocked = free_seats(stalls.pk)[0]
        with connection.cursor() as cursor:
            cursor.execute("SELECT stock_block_seats(%s, %s, true)", [blocked.quota_id, [blocked.pk]])

        with pytest.raises(SeatTaken):
            swap(order, stalls, blocked.pk)
        for unknown in (free_seats(other.pk)[0].pk, 2**60):
            with pytest.raises(SeatUnknown):
                swap(order, stalls, unknown)
        assert blocked not in free_seats(stalls.pk)
        assert find_differences() == []

    def test_a_seat_for_a_kind_without_seats_is_refused(self, concert: Concert, stalls: TicketType) -> None:
        order = buy((concert.free, 1))

        with pytest.raises(SeatUnknown):
            swap(order, concert.free, Seat.objects.all()[0].pk)


def test_choices_say_what_is_left_besides_ones_own_place(concert: Concert, second: TicketType) -> None:
    member = TicketType.objects.create(event=concert.event, session=concert.session, name="Member", price=0)
    Draw.objects.create(ticket_type=member, quota=concert.quota)
    order = buy((concert.free, 1))
    buy((second, 3), email="gail@example.org")
    Quota.objects.filter(pk=concert.quota.pk).update(capacity=1)

    found = choices(order.tickets.get(), is_team=False)

    assert [(one.name, one.left) for one in found] == [("Member", "plenty"), ("Second", "none")]


def test_an_order_says_which_of_its_tickets_can_be_changed(concert: Concert, second: TicketType) -> None:
    placed = buy((concert.free, 2), (concert.standard, 1))
    cancel_tickets(placed, [placed.tickets.all()[2]], by=None, reason="")
    order = find_order(placed.code)
    assert order is not None

    found = changeable(order)

    kinds = {one.pk: one.ticket_type.name for one in order.tickets.all()}
    assert [(kinds[key], value) for key, value in found.items()] == [("Standard", False), ("Free", True)]


def test_a_change_that_breaks_off_leaves_nothing(concert: Concert, second: TicketType) -> None:
    """As it comes to its last step the database says no."""
    order = buy((concert.free, 1))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'broken off'; END $$;
            CREATE TRIGGER break_off BEFORE INSERT ON outbox_message FOR EACH ROW EXECUTE FUNCTION break_off();
            """
        )
    try:
        with pytest.raises(DatabaseError, match="broken off"):
            swap(order, second)
        with pytest.raises(DatabaseError, match="broken off"):
            rename_ticket(order, order.tickets.get(), name="Ann", by=None)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER break_off ON outbox_message; DROP FUNCTION break_off;")

    ticket = order.tickets.get()
    assert (ticket.ticket_type, ticket.session, ticket.attendee_name) == (concert.free, concert.session, "Ben Buyer")
    assert (taken(), history(order).count(), Move.objects.filter(kind="swap").exists()) == ([1, 0], 1, False)
    assert find_differences() == []


def at_once(*works: Callable[[], Any]) -> list[str]:
    """What each of these ends with when all begin at the same instant."""
    start = threading.Barrier(len(works))

    def work(one: Callable[[], Any]) -> str:
        start.wait()
        try:
            return str(one() or "done")
        except (errors.OrderError, StockError) as error:
            return type(error).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(work, works))


def test_two_who_want_the_last_place_of_the_other_date(transactional_db: None) -> None:
    concert = make_concert(make_organizer("riverside"))
    second = make_second(concert, capacity=10)
    orders = [buy((concert.free, 1), email=f"ben{n}@example.org") for n in range(20)]

    got = at_once(*(lambda order=order: swap(order, second) and "moved" for order in orders))  # type: ignore[misc]

    assert sorted(got) == ["SoldOut"] * 10 + ["moved"] * 10
    assert (taken(), find_differences()) == ([10, 10], [])


def test_a_change_against_a_hold_for_the_last_place(transactional_db: None) -> None:
    concert = make_concert(make_organizer("riverside"))
    rounds = [make_second(concert, capacity=1) for _ in range(10)]
    orders = [buy((concert.free, 1), email=f"ben{n}@example.org") for n in range(10)]

    for order, second in zip(orders, rounds, strict=True):
        got = at_once(
            lambda order=order, second=second: swap(order, second) and "moved",  # type: ignore[misc]
            lambda second=second: hold((second, 1)).outcome,  # type: ignore[misc]
        )
        assert got in (["moved", "sold-out"], ["SoldOut", "held"])

    assert taken()[1:] == [1] * 10
    assert find_differences() == []


def test_one_ticket_changed_twice_at_once_goes_to_one_of_both(transactional_db: None) -> None:
    concert = make_concert(make_organizer("riverside"))
    targets = [make_second(concert, capacity=100) for _ in range(4)]
    orders = [buy((concert.free, 1), email=f"ben{n}@example.org") for n in range(5)]

    at_once(*(lambda o=order, t=target: swap(o, t) and "moved" for order in orders for target in targets))  # type: ignore[misc]

    assert (sum(taken()), taken()[0], find_differences()) == (5, 0, [])


def test_a_change_against_a_cancellation(transactional_db: None) -> None:
    concert = make_concert(make_organizer("riverside"))
    second = make_second(concert, capacity=100)
    orders = [buy((concert.free, 1), email=f"ben{n}@example.org") for n in range(10)]
    works = [lambda o=order: cancel_order(o, by=None, reason="") for order in orders]  # type: ignore[misc]
    works += [lambda o=order: swap(o, second) and "moved" for order in orders]  # type: ignore[misc]

    got = at_once(*works)

    assert set(got) <= {"done", "moved", "TicketCanceled"}
    assert (taken(), find_differences()) == ([0, 0], [])


def test_nobody_comes_in_with_a_ticket_that_becomes_another(transactional_db: None) -> None:
    """Twenty times a gate of the first date scans a ticket as it is changed to the second."""
    concert = make_concert(make_organizer("riverside"))
    second = make_second(concert, capacity=100)
    grant = make_grant(concert.event)
    first_door, second_door = (
        CheckinList.objects.create(event=concert.event, session=session, name=name)
        for session, name in ((concert.session, "First"), (second.session, "Second"))
    )
    for n in range(20):
        order = buy((concert.free, 1), email=f"ben{n}@example.org")
        ticket = order.tickets.get()

        moved, came_in = at_once(
            lambda o=order: swap(o, second) and "moved",  # type: ignore[misc]
            lambda t=ticket: scan(grant, first_door, t),  # type: ignore[misc]
        )

        assert (moved, came_in) in [("moved", "wrong-list"), ("TicketUsed", "admitted")]
        assert scan(grant, second_door, ticket) == ("admitted" if moved == "moved" else "wrong-list")


@pytest.mark.parametrize("change_is_first", [True, False])
def test_a_scan_and_a_change_wait_for_each_other(transactional_db: None, change_is_first: bool) -> None:
    """The first has done all but commit when the second begins."""
    concert = make_concert(make_organizer("riverside"))
    second = make_second(concert)
    order = buy((concert.free, 1))
    ticket, grant = order.tickets.get(), make_grant(concert.event)
    door = CheckinList.objects.create(event=concert.event, session=concert.session, name="First")
    works = [lambda: swap(order, second) and "moved", lambda: scan(grant, door, ticket)]
    first, later = works if change_is_first else works[::-1]
    is_done, may_commit = threading.Event(), threading.Event()

    def unfinished() -> str:
        with transaction.atomic():
            got = str(first())
            is_done.set()
            assert may_commit.wait(60)
        return got

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(at_once, unfinished)
        try:
            assert is_done.wait(60)
            other = pool.submit(at_once, later)
            wait_until(is_anyone_waiting)
        finally:
            may_commit.set()
        got = [*one.result(), *other.result()]

    assert got == (["moved", "wrong-list"] if change_is_first else ["admitted", "TicketUsed"])


def is_anyone_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def make_grant(event: Event) -> GateGrant:
    user = User.objects.create_user(f"{uuid7()}@example.org", None)
    user.memberships.create(organizer=event.organizer, role="gate")
    return GateGrant.objects.create(
        id=uuid7(),
        organizer=event.organizer,
        user=user,
        device="Door",
        expires_at=clock.now() + timedelta(hours=1),
    )


def scan(grant: GateGrant, door: CheckinList, ticket: Ticket) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcome FROM checkin_scan(%s, %s, 'signed', %s, %s, NULL, '', NULL)",
            [grant.pk, door.pk, ticket.pk, ticket.event_id],
        )
        return str(cursor.fetchone()[0])
