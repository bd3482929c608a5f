"""A concert of its own for each round of a sale under faults. Needs Django."""

from __future__ import annotations

from fairgate.events.models import TicketType
from fairgate.stock.models import Draw, Quota, Seat
from fairgate.testing.cast import make_concert, make_organizer, make_stalls
from tests.faults.errand import Offer

HALL, BALCONY = 500, 200


def make_offer(name: str) -> Offer:
    concert = make_concert(make_organizer(name), capacity=HALL)
    stalls = make_stalls(concert)
    balcony = Quota.objects.create(event=concert.event, session=concert.session, name="Balcony", capacity=BALCONY)
    Draw.objects.create(ticket_type=concert.standard, quota=balcony)
    TicketType.objects.filter(event=concert.event).update(price=0)
    return Offer(
        name=name,
        event=concert.event.pk,
        standard=concert.standard.pk,
        standing=concert.free.pk,
        stalls=stalls.pk,
        hall=concert.quota.pk,
        balcony=balcony.pk,
        seats=tuple(Seat.objects.filter(quota__draws__ticket_type=stalls).order_by("pk").values_list("pk", flat=True)),
    )
