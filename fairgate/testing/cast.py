"""Olga organizes, Ben buys, Gail works the gate, Mallory intrudes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection

from fairgate.accounts.models import User
from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.lib import clock
from fairgate.lib.ids import uuid7
from fairgate.orders.checkout import read_basket
from fairgate.orders.models import Order
from fairgate.orders.place import Buyer, place_order
from fairgate.organizers.models import Membership, Organizer, Role
from fairgate.payments.models import Method
from fairgate.stock import engine
from fairgate.stock.models import Draw, Quota, Seat

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Concert:
    """A published event whose two ticket types share one quota of 100 places."""

    event: Event
    session: Session
    quota: Quota
    standard: TicketType
    free: TicketType


@pytest.fixture
def riverside(db: None) -> Organizer:
    return make_organizer("riverside")


@pytest.fixture
def elsewhere(db: None) -> Organizer:
    return make_organizer("elsewhere")


@pytest.fixture
def olga(riverside: Organizer) -> User:
    return make_member(riverside, "olga@example.org", Role.OWNER)


@pytest.fixture
def gail(riverside: Organizer) -> User:
    return make_member(riverside, "gail@example.org", Role.GATE)


@pytest.fixture
def mallory(elsewhere: Organizer) -> User:
    """An owner too, of another organizer."""
    return make_member(elsewhere, "mallory@example.org", Role.OWNER)


@pytest.fixture
def concert(riverside: Organizer) -> Concert:
    return make_concert(riverside)


@pytest.fixture
def stalls(concert: Concert) -> TicketType:
    """A ticket type for numbered seats: rows A, B and C of ten, with an aisle in the middle of each."""
    return make_stalls(concert)


def make_organizer(slug: str) -> Organizer:
    return Organizer.objects.create(
        slug=slug,
        name=slug.title(),
        email=f"hello@{slug}.example.org",
        time_zone="Asia/Kolkata",
        currency="INR",
        bank_details="Bank of Examples\nIBAN XX00 0000",
    )


def make_member(organizer: Organizer, email: str, role: Role) -> User:
    user = User.objects.create(email=email, password=_hash(PASSWORD), name=email.partition("@")[0].title())
    Membership.objects.create(organizer=organizer, user=user, role=role)
    return user


@cache
def _hash(password: str) -> str:
    """Once for all tests: to hash takes a quarter of a second, on purpose."""
    return make_password(password)


def make_concert(organizer: Organizer, slug: str = "concert", capacity: int = 100) -> Concert:
    event = Event.objects.create(
        organizer=organizer,
        slug=slug,
        title="The Concert",
        place="Riverside Hall",
        time_zone="Asia/Kolkata",
        currency="INR",
        state=EventState.PUBLISHED,
    )
    starts_at = clock.now().replace(microsecond=0) + timedelta(days=30)
    session = Session.objects.create(event=event, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))
    quota = Quota.objects.create(event=event, session=session, name="Hall", capacity=capacity)
    standard = TicketType.objects.create(
        event=event, session=session, name="Standard", price=999_00, tax_rate_bp=1800, position=0
    )
    free = TicketType.objects.create(event=event, session=session, name="Free", price=0, position=1)
    for ticket_type in (standard, free):
        Draw.objects.create(ticket_type=ticket_type, quota=quota)
    return Concert(event, session, quota, standard, free)


def make_stalls(concert: Concert, rows: str = "ABC") -> TicketType:
    places = 10
    event, session = concert.event, concert.session
    quota = Quota.objects.create(
        event=event, session=session, name="Stalls", capacity=len(rows) * places, is_seated=True
    )
    Seat.objects.bulk_create(
        Seat(quota=quota, block="Stalls", row=row, number=str(number), rank=rank, place=number + (number > places // 2))
        for rank, row in enumerate(rows)
        for number in range(1, places + 1)
    )
    stalls = TicketType.objects.create(
        event=event, session=session, name="Stalls", price=450_00, max_per_order=20, position=2
    )
    Draw.objects.create(ticket_type=stalls, quota=quota)
    return stalls


def hold(*items: tuple[TicketType, int]) -> engine.Answer:
    """Ask for places as a buyer would, singly."""
    event = items[0][0].event_id
    wanted = engine.HoldRequest(
        event,
        tuple(engine.Item(ticket_type.pk, quantity) for ticket_type, quantity in items),
        engine.digest(str(uuid7())),
        engine.digest("body"),
    )
    with connection.cursor() as cursor:
        (answer,) = engine.hold_places(cursor, event, [wanted])
    return answer


def buy(*items: tuple[TicketType, int], email: str = "ben@example.org", name: str = "Ben Buyer") -> Order:
    """An order of Ben's for these tickets; awaiting payment when they cost something."""
    answer = hold(*items)
    assert answer.outcome == engine.Outcome.HELD, answer
    basket = read_basket(answer.hold)
    assert basket is not None
    method = Method.TRANSFER if basket.total else Method.FREE
    buyer = Buyer(email, name, [""] * len(basket.tickets))
    return Order.objects.get(code=place_order(answer.hold, key=str(uuid7()), buyer=buyer, method=method))
