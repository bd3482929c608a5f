"""An event so small that everything is sold out soon: shared quotas, numbered seats, two dates, all free of charge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fairgate.events.models import Event, Session, TicketType
from fairgate.lib.ids import uuid7
from fairgate.stock.models import Draw, Quota, Seat
from fairgate.testing.cast import make_concert, make_organizer

# Columns of rows from the front; a missing number is an aisle.
PLAN = ((1, 2, 3, 5, 6), (1, 2, 3, 4), (2, 3))
SEATS = [(rank, place) for rank, row in enumerate(PLAN) for place in row]
# Ticket types by the quotas that they draw on: some quotas are shared, and one is of another date.
HALL, BALCONY, STALLS, EVENING = range(4)
TYPES = ((HALL,), (HALL, BALCONY), (STALLS,), (STALLS, BALCONY), (BALCONY,), (EVENING,))
CAPACITIES = {HALL: 10, BALCONY: 7, EVENING: 5}


def make_event() -> Event:
    """Of two dates, with nothing on sale."""
    concert = make_concert(make_organizer(f"run-{uuid7()}"))
    concert.quota.draws.all().delete()
    concert.event.ticket_types.all().delete()
    concert.quota.delete()
    ends_at = concert.session.ends_at
    Session.objects.create(event=concert.event, starts_at=ends_at, ends_at=ends_at + timedelta(hours=3))
    return concert.event


def make_quotas(event: Event) -> list[Quota]:
    made = []
    day, evening = event.sessions.order_by("starts_at")
    for number, name in enumerate(("Hall", "Balcony", "Stalls", "Evening")):
        session, capacity = evening if number == EVENING else day, CAPACITIES.get(number, len(SEATS))
        facts = {"name": name, "capacity": capacity, "is_seated": number == STALLS}
        made.append(Quota.objects.create(event=event, session=session, **facts))
    Seat.objects.bulk_create(
        Seat(quota=made[STALLS], row=str(rank), number=str(place), rank=rank, place=place) for rank, place in SEATS
    )
    return made


def make_types(event: Event, quotas: Sequence[Quota]) -> list[TicketType]:
    made = []
    for number, draws in enumerate(TYPES):
        session = quotas[draws[0]].session
        one = TicketType.objects.create(event=event, session=session, name=f"Kind {number}", price=0)
        Draw.objects.bulk_create(Draw(ticket_type=one, quota=quotas[quota]) for quota in draws)
        made.append(one)
    return made
