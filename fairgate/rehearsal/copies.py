"""A copy of an event for a rehearsal: what is on sale, as it would be at its opening, and nobody's orders.

It belongs to an organizer of its own, whose name nobody can guess and whose team is empty: so it stands in no list,
in no console and in nobody's figures, and all that is made in it can be told from everything else.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Min

from fairgate.events.models import Event, EventPicture, EventState, Session, TicketType
from fairgate.lib import clock
from fairgate.organizers.models import Organizer
from fairgate.payments.models import Method
from fairgate.rehearsal.errors import NothingOnSale, UnknownEvent
from fairgate.rehearsal.habits import Offer
from fairgate.rehearsal.models import Rehearsal
from fairgate.stock.models import Draw, Quota, Seat

PREFIX = "rehearsal-"
# Copied as they are.
OF_ORGANIZER = ("name", "email", "accent", "time_zone", "currency", "bank_details")
OF_EVENT = (
    "slug", "title", "description", "place", "address", "time_zone", "currency", "accent", "payment_days",
    "max_per_buyer",
)  # fmt: skip
OF_TICKET_TYPE = (
    "name", "description", "price", "tax_rate_bp", "max_per_order", "min_per_order", "max_per_buyer", "position"
)  # fmt: skip
OF_SEAT = ("block", "row", "number", "rank", "place", "is_blocked")


@dataclass(frozen=True)
class Copy:
    organizer: Organizer
    event: Event
    offers: list[Offer]

    @property
    def places(self) -> int:
        return sum(self.event.quotas.values_list("capacity", flat=True))


def find_event(name: str) -> Event:
    """Also a draft. Raises UnknownEvent."""
    organizer, _slash, slug = name.strip("/").partition("/")
    found = Event.objects.select_related("organizer", "shown_picture")
    event = found.filter(organizer__slug=organizer, slug=slug, organizer__rehearsal=None).first()
    if event is None:
        raise UnknownEvent(name)
    return event


@transaction.atomic
def make_copy(event: Event) -> Copy:
    """Raises NothingOnSale."""
    name = f"{event.organizer.slug}/{event.slug}"
    organizer = Organizer.objects.create(
        slug=PREFIX + secrets.token_hex(16), **{field: getattr(event.organizer, field) for field in OF_ORGANIZER}
    )
    Rehearsal.objects.create(organizer=organizer, of=name)
    copy = Event.objects.create(
        organizer=organizer, state=EventState.PUBLISHED, **{field: getattr(event, field) for field in OF_EVENT}
    )
    if picture := getattr(event, "shown_picture", None):
        EventPicture.objects.create(event=copy, stored=picture.stored, alt=picture.alt)
    sessions = _copy_sessions(event, copy)
    quotas = _copy_quotas(event, copy, sessions)
    offers = _copy_ticket_types(event, copy, sessions, quotas)
    if not offers:
        raise NothingOnSale(name)
    return Copy(organizer, copy, offers)


def _copy_sessions(event: Event, copy: Event) -> dict[int, Session]:
    """By the number of what they were copied from. What is over is moved, so that its sale can be rehearsed again."""
    first = event.sessions.aggregate(first=Min("starts_at"), last=Max("ends_at"))["first"]
    later = timedelta()
    if first and first <= clock.now() + timedelta(days=1):
        later = clock.now().replace(microsecond=0) + timedelta(days=30) - first
    return {
        session.pk: Session.objects.create(
            event=copy, name=session.name, starts_at=session.starts_at + later, ends_at=session.ends_at + later
        )
        for session in event.sessions.all()
    }


def _copy_quotas(event: Event, copy: Event, sessions: dict[int, Session]) -> dict[int, Quota]:
    quotas = {}
    for quota in event.quotas.all():
        quotas[quota.pk] = made = Quota.objects.create(
            event=copy,
            session=sessions[quota.session_id],
            name=quota.name,
            capacity=quota.capacity,
            is_seated=quota.is_seated,
        )
        Seat.objects.bulk_create(Seat(quota=made, **seat) for seat in quota.seats.values(*OF_SEAT))
    return quotas


def _copy_ticket_types(
    event: Event, copy: Event, sessions: dict[int, Session], quotas: dict[int, Quota]
) -> list[Offer]:
    """Those that are sold at any time: they all open at once here, which is the most that can happen."""
    offers = []
    for ticket_type in event.ticket_types.filter(is_active=True).prefetch_related("draws"):
        drawn = [quotas[draw.quota_id] for draw in ticket_type.draws.all()]
        fields = {field: getattr(ticket_type, field) for field in OF_TICKET_TYPE}
        made = TicketType.objects.create(event=copy, session=sessions[ticket_type.session_id], **fields)
        Draw.objects.bulk_create(Draw(ticket_type=made, quota=quota) for quota in drawn)
        places = min((quota.capacity for quota in drawn), default=0)
        most = min(made.max_per_order, made.max_per_buyer or made.max_per_order, copy.max_per_buyer or 1000)
        if places >= made.min_per_order and most >= made.min_per_order:
            offers.append(
                Offer(
                    ticket_type=made.pk,
                    session=made.session_id,
                    places=places,
                    least=made.min_per_order,
                    most=most,
                    payment=Method.TRANSFER if made.price else Method.FREE,
                    rows=_rows([quota for quota in drawn if quota.is_seated]),
                )
            )
    return offers


def _rows(quotas: list[Quota]) -> list[list[tuple[int, int]]]:
    """The seats of each row that are for sale, from the front, as a plan shows them."""
    rows: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for quota in quotas:
        for seat in quota.seats.filter(is_blocked=False).order_by("rank", "place"):
            rows[quota.pk, seat.rank].append((seat.pk, seat.place))
    return list(rows.values())
