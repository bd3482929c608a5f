"""A concert of its own for each round of a sale under faults. Needs Django."""

from __future__ import annotations

from fairgate.events.models import TicketType
from fairgate.stock.models import Draw, Quota, Seat
from fairgate.testing.cast import make_concert, make_organizer, make_stalls
from tests.faults.errand import Offer

HALL, BALCONY = 1000, 400
MORE_ROWS = "DEFGHIJ"


def make_offer(name: str) -> Offer:
    concert = make_concert(make_organizer(name), capacity=HALL)
    stalls = make_stalls(concert)
    _add_rows(stalls.draws.get().quota)
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


def _add_rows(quota: Quota) -> None:
    front = list(Seat.objects.filter(quota=quota, rank=0))
    Seat.objects.bulk_create(
        Seat(quota=quota, block=seat.block, row=row, number=seat.number, rank=100 + rank, place=seat.place)
        for rank, row in enumerate(MORE_ROWS)
        for seat in front
    )
    Quota.objects.filter(pk=quota.pk).update(capacity=Seat.objects.filter(quota=quota).count())
