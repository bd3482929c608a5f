"""Reads of check-in lists. Whoever asks has found the event or the organizer first."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce

from fairgate.checkin.models import CheckinList
from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.organizers.models import Organizer

# As the gate has it: a door may stay open for a while after the end.
STAYS_OPEN = timedelta(days=1)


def lists_of(event: Event) -> QuerySet[CheckinList]:
    """With what each one lets in."""
    ticket_types = TicketType.objects.select_related("session").order_by("position", "pk")
    return (
        CheckinList.objects.filter(event=event)
        .select_related("session")
        .prefetch_related(Prefetch("ticket_types", ticket_types))
        .order_by("pk")
    )


def open_lists_of(organizer: Organizer, *, now: datetime) -> QuerySet[CheckinList]:
    """What the gate offers to choose from, with their events."""
    return (
        CheckinList.objects.filter(event__organizer=organizer)
        .exclude(event__state=EventState.DRAFT)
        .alias(ends_at=Coalesce("session__ends_at", Max("event__sessions__ends_at")))
        .filter(ends_at__gt=now - STAYS_OPEN)
        .select_related("event")
        .order_by("event__title", "pk")
    )


def lists_naming(session: Session) -> QuerySet[CheckinList]:
    return CheckinList.objects.filter(Q(session=session) | Q(ticket_types__session=session))
