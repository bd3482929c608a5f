"""Reads of events. Whoever asks has found the organizer first (organizers.queries)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max, Min, QuerySet
from django.utils.text import slugify

from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.organizers.models import Organizer

SLUG_LENGTH = 50


def event_of(organizer: Organizer, slug: str) -> Event:
    """With its picture. Raises Event.DoesNotExist for the events of anyone else."""
    event = Event.objects.select_related("shown_picture__stored").get(organizer=organizer, slug=slug)
    event.organizer = organizer
    return event


def events_of(organizer: Organizer) -> QuerySet[Event]:
    """With `starts_at` and `ends_at` of the whole event."""
    return Event.objects.filter(organizer=organizer).annotate(
        starts_at=Min("sessions__starts_at"), ends_at=Max("sessions__ends_at")
    )


def drafts_of(organizers: list[Organizer]) -> QuerySet[Event]:
    return (
        Event.objects.filter(organizer__in=organizers, state=EventState.DRAFT)
        .select_related("organizer")
        .order_by("id")
    )


def on_sale_of(organizers: list[Organizer], *, now: datetime) -> QuerySet[Event]:
    """Published and not over yet, what comes first at the top."""
    return (
        Event.objects.filter(organizer__in=organizers, state=EventState.PUBLISHED)
        .alias(ends_at=Max("sessions__ends_at"))
        .annotate(starts_at=Min("sessions__starts_at"))
        .filter(ends_at__gt=now)
        .select_related("organizer")
        .order_by("starts_at", "id")
    )


def sessions_of(event: Event) -> QuerySet[Session]:
    return event.sessions.order_by("starts_at", "id")


def ticket_types_of(event: Event) -> QuerySet[TicketType]:
    return event.ticket_types.order_by("position", "id")


def suggest_slug(organizer: Organizer, title: str) -> str:
    """A free address made from the title: spring-concert, then spring-concert-2."""
    base = slugify(title).replace("_", "-").strip("-")[: SLUG_LENGTH - 4].strip("-") or "event"
    while "--" in base:
        base = base.replace("--", "-")
    taken = set(Event.objects.filter(organizer=organizer, slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
