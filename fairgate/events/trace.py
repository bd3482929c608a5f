"""What was changed of an event, by whom; and public pages show it. One is never without the other."""

from __future__ import annotations

from fairgate.accounts.models import User
from fairgate.events.models import Event
from fairgate.lib.cache import scopes
from fairgate.organizers import audit
from fairgate.outbox import generations


def record(action: str, event: Event, *, by: User | None, **data: object) -> None:
    """In the transaction of the change. Also of a draft, which may be published at this very moment."""
    audit.record(action, event, organizer=event.organizer_id, by=by, **data)
    generations.bump(*scopes.of_event(event.organizer.slug, event.slug))
