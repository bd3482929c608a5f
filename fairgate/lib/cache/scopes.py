"""What a change can make void, by address: no reader must ask the database for an id first."""

from __future__ import annotations

ALL_LISTINGS = "listings"


def event(organizer: str, event: str) -> str:
    """What one event's own pages show of it."""
    return f"event/{organizer}/{event}"


def organizer(organizer: str) -> str:
    """What is shown of the organizer itself: on its page, and on all its events' pages."""
    return f"organizer/{organizer}"


def listing(organizer: str) -> str:
    """The list of its events."""
    return f"listing/{organizer}"


def of_event(organizer_slug: str, event_slug: str) -> list[str]:
    """All that a change of an event makes void."""
    return [event(organizer_slug, event_slug), listing(organizer_slug), ALL_LISTINGS]


def of_organizer(slug: str) -> list[str]:
    return [organizer(slug), listing(slug), ALL_LISTINGS]
