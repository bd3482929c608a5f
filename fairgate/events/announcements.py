"""A sentence on the event's page, for the day itself: put there and taken away, by several people at once."""

from __future__ import annotations

from django.db import transaction

from fairgate.accounts.models import User
from fairgate.events import trace
from fairgate.events.errors import OtherAnnouncement
from fairgate.events.models import Announcement, Event


def announcement_of(event: Event) -> str:
    """What its page says now; nothing is ""."""
    return Announcement.objects.filter(event=event).values_list("text", flat=True).first() or ""


@transaction.atomic
def announce(event: Event, *, text: str, seen: str, by: User) -> None:
    """Say `text` instead of what was `seen`; "" takes it away. Raises OtherAnnouncement when somebody was quicker."""
    Event.objects.select_for_update(of=("self",), no_key=True).get(pk=event.pk)
    current = announcement_of(event)
    if current == text:
        return
    if current != seen:
        raise OtherAnnouncement(current)
    Announcement.objects.filter(event=event).delete()
    if text:
        Announcement.objects.create(event=event, text=text)
        trace.record("event.announced", event, by=by, text=text)
    else:
        trace.record("event.announcement_removed", event, by=by, text=current)
