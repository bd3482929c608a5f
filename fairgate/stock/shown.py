"""What public pages and the API show of an event, kept for a moment (fairgate.lib.cache). No Django.

Reads for showing alone: whatever decides on places or money asks `catalog`, `engine` or the tables themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Concatenate, ParamSpec, TypeVar

from fairgate.lib.cache import Kept, cache, scopes
from fairgate.lib.database import Executor
from fairgate.stock import catalog, seats
from fairgate.stock.catalog import Catalog, Face, ShownTicketType
from fairgate.stock.seats import SeatedQuota

P = ParamSpec("P")
T = TypeVar("T")
# Of the primary: what is read from one that lags could be older than the bump before it.
Open = Callable[[], AbstractContextManager[Executor]]

# Freshness: a second after its organizer's change (events.trace bumps it), 60 s if every bump were lost.
FACE = Kept("face", Face, fresh_s=60)

# What is left changes with every hold, so nobody is told of it. Near alone: to ask the cache server would cost as much
# as to ask the database. A tenth of a second turns any crowd into ten reads a second and is lost in the door's second.
MOMENT_S = 0.1

# Freshness: 0.1 s, and as long as one read takes.
TICKET_TYPES = Kept("ticket_types", list[ShownTicketType], fresh_s=MOMENT_S, is_shared=False)
# Freshness: 0.1 s, and as long as one read takes.
PLANS = Kept("plans", list[SeatedQuota], fresh_s=MOMENT_S, is_shared=False)
# Freshness: 0.1 s, and as long as one read takes.
UNAVAILABLE = Kept("unavailable", list[int], fresh_s=MOMENT_S, is_shared=False)


def shown_event(database: Open, organizer: str, event: str) -> Catalog | None:
    face = shown_face(database, organizer, event)
    if face is None:
        return None
    read = _with(database, catalog.read_ticket_types, face.event_id)
    found = cache().fetch(TICKET_TYPES, (face.event_id,), read, _scopes(face))
    return catalog.complete(face, found or [])


def shown_face(database: Open, organizer: str, event: str) -> Face | None:
    both = [scopes.event(organizer, event), scopes.organizer(organizer)]
    return cache().fetch(FACE, (organizer, event), _with(database, catalog.read_face, organizer, event), both)


def shown_plans(database: Open, face: Face, session: int | None = None) -> Sequence[SeatedQuota]:
    read = _with(database, seats.plans, face.event_id, session)
    return cache().fetch(PLANS, (face.event_id, session), read, _scopes(face)) or []


def shown_unavailable(database: Open, face: Face, session: int) -> Sequence[int]:
    read = _with(database, seats.unavailable, face.event_id, session)
    return cache().fetch(UNAVAILABLE, (face.event_id, session), read, _scopes(face)) or []


def _with(
    database: Open, read: Callable[Concatenate[Executor, P], T], *arguments: P.args, **named: P.kwargs
) -> Callable[[], T]:
    """The same read, which opens a connection when it is called: most calls find what is kept, and need none."""

    def read_now() -> T:
        with database() as db:
            return read(db, *arguments, **named)

    return read_now


def _scopes(face: Face) -> list[str]:
    return [scopes.event(face.organizer_slug, face.slug)]
