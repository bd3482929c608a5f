"""Whatever is done to stock, in whatever order, does what the model does. The books are right after every run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from fairgate.core.audit import find_differences
from fairgate.events.models import TicketType
from fairgate.lib.ids import uuid7
from fairgate.orders.actions import cancel_tickets
from fairgate.orders.changes import swap_ticket
from fairgate.orders.errors import HoldExpired, HoldUsed, NothingToChange
from fairgate.orders.models import Order
from fairgate.orders.models import Ticket as SoldTicket
from fairgate.orders.place import Buyer, place_order
from fairgate.payments.models import Method
from fairgate.stock import engine
from fairgate.stock.actions import resize_quota
from fairgate.stock.engine import HoldRequest, Item, Outcome
from fairgate.stock.errors import CapacityTooLow, SeatTaken, SeatUnknown, SoldOut
from fairgate.stock.models import Quota
from fairgate.stock.models import Seat as SeatRow
from fairgate.stock.tests.model import Hold, Model, Seat, Ticket, Wanted
from fairgate.stock.tests.small_house import CAPACITIES, SEATS, STALLS, TYPES, make_event, make_quotas, make_types

IS_LONG = "FAIRGATE_LONG_PROOF" in os.environ
RUNS, STEPS = (1_000, 50) if IS_LONG else (50, 30)

# Ticket type, quantity, and seats if they are chosen, all by their numbers here.
Chosen = tuple[int, int, list[int]]

a_type = st.integers(0, len(TYPES) - 1)
a_seat = st.integers(0, len(SEATS) - 1)
# A quota's new capacity: none is what it has taken, so that it is just sold out.
a_resize = st.tuples(st.sampled_from(sorted(CAPACITIES)), st.none() | st.integers(2, 15))
a_block = st.tuples(st.sets(a_seat, min_size=1, max_size=2), st.booleans())

# So that the audit has no more to read in the last run than in the first.
CLEAR = "TRUNCATE organizers_organizer, stock_hold, stock_holditem, stock_move, outbox_message CASCADE"


@st.composite
def some_items(draw: st.DrawFn) -> list[Chosen]:
    """Ticket types, quantities, and seats of who chooses them: also such as others have."""
    items = []
    for number in draw(st.lists(a_type, min_size=1, max_size=3, unique=True)):
        quantity = draw(st.sampled_from((1, 2, 1, 3, 4)))
        chooses = STALLS in TYPES[number] and draw(st.booleans())
        seats = st.lists(a_seat, min_size=quantity, max_size=quantity, unique=True)
        items.append((number, quantity, draw(seats) if chooses else []))
    return items


class Stock(RuleBasedStateMachine):
    holds, tickets = Bundle("holds"), Bundle("tickets")

    @initialize()
    def put_on_sale(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(CLEAR)
        self.event = make_event()
        self.quotas = make_quotas(self.event)
        self.types = make_types(self.event, self.quotas)
        plan = [
            Seat(seat.pk, seat.rank, seat.place)
            for seat in SeatRow.objects.filter(quota__event=self.event).order_by("rank", "place")
        ]
        self.model = Model(
            draws={
                one.pk: frozenset(self.quotas[number].pk for number in its)
                for one, its in zip(self.types, TYPES, strict=True)
            },
            capacity={quota.pk: quota.capacity for quota in self.quotas},
            seated=self.quotas[STALLS].pk,
            plan=plan,
        )
        self.requests: dict[UUID, HoldRequest] = {}
        self.orders: dict[UUID, tuple[str, str]] = {}

    @rule(target=holds, batch=st.lists(some_items(), min_size=1, max_size=3))
    def hold(self, batch: list[list[Chosen]]) -> Any:
        return multiple(*self._hold(batch))

    @rule(target=tickets, items=some_items())
    def buy(self, items: list[Chosen]) -> Any:
        return multiple(*(ticket for hold in self._hold([items]) for ticket in self._order(hold)))

    @rule(hold=holds, is_another=st.booleans())
    def ask_again(self, hold: UUID, is_another: bool) -> None:
        earlier = self.requests[hold]
        print_ = engine.digest("another") if is_another else earlier.fingerprint

        (answer,) = self._ask([HoldRequest(self.event.pk, earlier.items, earlier.key, print_)])

        self.model.expire_within(quota for item in earlier.items for quota in self.model.draws[item.ticket_type])
        expected = (Outcome.KEY_REUSED, None) if is_another else (Outcome.REPEAT, hold)
        assert (answer.outcome, answer.hold if answer.outcome == Outcome.REPEAT else None) == expected

    @rule(hold=holds)
    def extend_twice(self, hold: UUID) -> None:
        self._extend(hold)
        self._extend(hold)

    def _extend(self, hold: UUID) -> None:
        its = self.model.holds[hold]
        may = its.state == "active" and not its.is_due and not its.is_extended

        with connection.cursor() as cursor:
            assert (engine.extend_hold(cursor, hold) is not None) == may

        its.is_extended |= may

    @rule(hold=holds)
    def release(self, hold: UUID) -> None:
        its = self.model.holds[hold]

        with connection.cursor() as cursor:
            assert engine.release_hold(cursor, hold) == (its.state == "active")

        its.state = "released" if its.state == "active" else its.state

    @rule(hold=holds)
    def let_time_run_out(self, hold: UUID) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE stock_hold SET expires_at = clock_timestamp() WHERE id = %s AND state = 'active'", [hold]
            )
        self.model.holds[hold].is_due = True

    @rule()
    def sweep(self) -> None:
        due = self.model.due()

        with connection.cursor() as cursor:
            cursor.execute("SELECT stock_expire_holds(1000)")
            assert cursor.fetchone() == (len(due),)

        for hold in due:
            hold.state = "expired"

    @rule(target=tickets, hold=holds, is_late=st.booleans())
    def order(self, hold: UUID, is_late: bool) -> Any:
        if is_late:
            self.let_time_run_out(hold)
        return multiple(*self._order(hold))

    @rule(ticket=tickets, others=st.booleans())
    def cancel(self, ticket: UUID, others: bool) -> None:
        """One of an order, or all that are still good."""
        hold = self.model.tickets[ticket].hold
        chosen = {
            id_: one
            for id_, one in self.model.tickets.items()
            if not one.is_canceled and (id_ == ticket or (others and one.hold == hold))
        }
        if not chosen:
            return

        order = Order.objects.get(hold=hold)
        cancel_tickets(order, list(order.tickets.filter(pk__in=chosen)), by=None, reason="")

        for one in chosen.values():
            one.is_canceled = True

    @rule(change=st.one_of(a_resize, a_block))
    def change_capacity(self, change: Any) -> None:
        match change:
            case int(quota), capacity:
                self._resize(self.quotas[quota], capacity)
            case seats, is_blocked:
                self._block({self.model.plan[number].id for number in seats}, is_blocked)

    def _resize(self, quota: Quota, capacity: int | None) -> None:
        taken = self.model.taken()[quota.pk]
        capacity = taken if capacity is None else capacity
        if taken > capacity:
            with pytest.raises(CapacityTooLow) as refused:
                resize_quota(quota, capacity=capacity, by=None)
            assert refused.value.taken == taken
            return

        resize_quota(quota, capacity=capacity, by=None)

        self.model.capacity[quota.pk] = capacity

    def _block(self, seats: set[int], is_blocked: bool) -> None:
        refusing = seats & self.model.seats_taken().keys() if is_blocked else set()

        with connection.cursor() as cursor:
            asked = (self.model.seated, list(seats), is_blocked)
            cursor.execute("SELECT stock_block_seats(%s, %s::bigint[], %s)", asked)
            assert set(cursor.fetchone()[0]) == refusing

        if not refusing:
            self.model.blocked = self.model.blocked | seats if is_blocked else self.model.blocked - seats
            self.model.capacity[self.model.seated] = len(self.model.plan) - len(self.model.blocked)

    @rule(ticket=tickets, number=a_type, seat=st.none() | a_seat)
    def swap(self, ticket: UUID, number: int, seat: int | None) -> None:
        its = self.model.tickets[ticket]
        if its.is_canceled:
            return
        ticket_type, chosen = self.types[number], None if seat is None else self.model.plan[seat].id

        outcome = _swap(ticket, ticket_type, chosen)

        assert outcome == self.model.swap(its, ticket_type.pk, chosen)

    @invariant()
    def the_books_say_what_the_model_says(self) -> None:
        model = self.model
        quotas = Quota.objects.filter(event=self.event).values_list("pk", "capacity", "taken")
        taken = model.taken()
        assert {quota: its for quota, *its in quotas} == {
            quota: [capacity, taken[quota]] for quota, capacity in model.capacity.items()
        }
        assert _rows("SELECT id, state, is_extended FROM stock_hold WHERE event_id = %s", self.event.pk) == {
            (id_, hold.state, hold.is_extended) for id_, hold in model.holds.items()
        }
        assert _rows(
            "SELECT t.seat_id, t.hold_id, t.ticket_type_id FROM stock_seattaken t JOIN stock_seat s ON s.id = t.seat_id"
            " WHERE s.quota_id = %s",
            model.seated,
        ) == {(seat, *its) for seat, its in model.seats_taken().items()}
        assert _rows("SELECT id, ticket_type_id, seat_id FROM orders_ticket WHERE event_id = %s", self.event.pk) == {
            (id_, ticket.ticket_type, ticket.seat) for id_, ticket in model.tickets.items()
        }

    def teardown(self) -> None:
        """In the end all is given back."""
        if not hasattr(self, "model"):
            return
        assert find_differences() == []
        for hold in self.model.holds:
            self.release(hold)
        for ticket in self.model.tickets:
            self.cancel(ticket, others=False)
        self.the_books_say_what_the_model_says()
        assert set(self.model.taken().values()) == {0}
        assert find_differences() == []

    def _hold(self, batch: list[list[Chosen]]) -> list[UUID]:
        asked = [(uuid7(), [self._wanted(*item) for item in items]) for items in batch]
        requests = [self._request(id_, items) for id_, items in asked]

        answers = self._ask(requests)

        for request, answer, expected in zip(requests, answers, self.model.hold(asked), strict=True):
            assert answer.outcome == expected.outcome
            assert [item.left for item in answer.items] == expected.left
            assert [frozenset(item.seats or ()) for item in answer.items] == expected.seats
            if answer.outcome == Outcome.HELD:
                self.requests[request.hold] = request
        return [request.hold for request in requests if request.hold in self.requests]

    def _order(self, hold: UUID) -> list[UUID]:
        its, key = self.model.holds[hold], str(uuid7())
        if its.state == "converted":
            with pytest.raises(HoldUsed):
                self._place(hold, key)
            assert self._place(hold, self.orders[hold][0]) == self.orders[hold][1]
            return []
        if its.state != "active" or its.is_due:
            with pytest.raises(HoldExpired):
                self._place(hold, key)
            return []

        self.orders[hold] = key, self._place(hold, key)

        its.state = "converted"
        sold = SoldTicket.objects.filter(order__hold=hold).order_by("position")
        assert [(one.ticket_type_id, one.seat_id) for one in sold] == _as_tickets(its, self.model.plan)
        for one in sold:
            self.model.tickets[one.pk] = Ticket(hold, one.ticket_type_id, one.seat_id)
        return [one.pk for one in sold]

    def _wanted(self, number: int, quantity: int, seats: Sequence[int]) -> Wanted:
        return Wanted(self.types[number].pk, quantity, tuple(self.model.plan[seat].id for seat in seats))

    def _request(self, hold: UUID, items: Sequence[Wanted]) -> HoldRequest:
        wanted = tuple(Item(item.ticket_type, item.quantity, item.seats) for item in items)
        return HoldRequest(self.event.pk, wanted, engine.digest(str(hold)), engine.digest(repr(wanted)), hold)

    def _ask(self, requests: Sequence[HoldRequest]) -> list[engine.Answer]:
        with connection.cursor() as cursor:
            return engine.hold_places(cursor, self.event.pk, requests, timedelta(hours=1))

    def _place(self, hold: UUID, key: str) -> str:
        tickets = sum(self.model.holds[hold].items.values())
        buyer = Buyer("ben@example.org", "Ben Buyer", [""] * tickets)
        return place_order(hold, key=key, buyer=buyer, method=Method.FREE)


def _as_tickets(hold: Hold, plan: Sequence[Seat]) -> list[tuple[int, int | None]]:
    """By ticket type, then by seat from the front."""
    tickets: list[tuple[int, int | None]] = []
    for ticket_type, quantity in sorted(hold.items.items()):
        seats = [seat.id for seat in plan if seat.id in hold.seats[ticket_type]]
        tickets += [(ticket_type, seat) for seat in seats] or [(ticket_type, None)] * quantity
    return tickets


def _swap(ticket: UUID, ticket_type: TicketType, seat: int | None) -> str:
    its = SoldTicket.objects.select_related("order").get(pk=ticket)
    try:
        swap_ticket(its.order, its, ticket_type=ticket_type, seat=seat, by=None)
    except NothingToChange:
        return "nothing to change"
    except SoldOut:
        return "sold-out"
    except SeatTaken:
        return "seat-taken"
    except SeatUnknown:
        return "seat-unknown"
    return "swapped"


def _rows(query: str, *parameters: Any) -> set[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return set(cursor.fetchall())


# A failure is made small before it is told, which takes minutes.
@pytest.mark.timeout(6 * 3600 if IS_LONG else 600)
def test_stock_does_what_the_model_does(transactional_db: None) -> None:
    run_state_machine_as_test(
        Stock,
        settings=settings(max_examples=RUNS, stateful_step_count=STEPS, database=None),
    )
