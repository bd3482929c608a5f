"""The picture of an event."""

from __future__ import annotations

from django.db import transaction

from fairgate.accounts.models import User
from fairgate.events import trace
from fairgate.events.models import Event, EventPicture
from fairgate.files.models import StoredPicture


@transaction.atomic
def show_picture(event: Event, stored: StoredPicture, *, alt: str, by: User) -> None:
    """Of two that come at the same moment, the later one stays; the other is swept up."""
    EventPicture.objects.update_or_create(event=event, defaults={"stored": stored, "alt": alt})
    trace.record("event.picture_shown", event, by=by, picture=stored.pk)


@transaction.atomic
def describe_picture(event: Event, *, alt: str, by: User) -> None:
    """Nothing changes where there is no picture, or no other words."""
    if EventPicture.objects.filter(event=event).exclude(alt=alt).update(alt=alt):
        trace.record("event.picture_described", event, by=by)


@transaction.atomic
def remove_picture(event: Event, *, by: User) -> None:
    if EventPicture.objects.filter(event=event).delete()[0]:
        trace.record("event.picture_removed", event, by=by)
