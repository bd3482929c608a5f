"""What the public pages list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db import connection

from fairgate.lib import addresses
from fairgate.lib.cache import Kept, cache, scopes
from fairgate.lib.pictures import Picture
from fairgate.organizers.models import Organizer
from fairgate.stock.catalog import Left, left_word

CARDS_A_PAGE = 24

CARDS = """
SELECT e.id, e.slug, e.title, e.place, e.time_zone, e.currency, coalesce(nullif(e.accent, ''), o.accent),
       o.slug, o.name, next.starts_at, t.price_from, t.is_open, t.is_early, t.left, t.capacity,
       f.key, f.width, f.height, f.widths, p.alt
  FROM events_event e
  JOIN organizers_organizer o ON o.id = e.organizer_id
  LEFT JOIN events_eventpicture p ON p.event_id = e.id
  LEFT JOIN files_storedpicture f ON f.key = p.stored_id
  CROSS JOIN LATERAL (SELECT min(s.starts_at) AS starts_at FROM events_session s
                       WHERE s.event_id = e.id AND s.ends_at > now()) next
  CROSS JOIN LATERAL (
        SELECT min(tt.price) AS price_from,
               coalesce(bool_or(coalesce(tt.sale_starts_at <= now(), true) AND coalesce(tt.sale_ends_at > now(), true)),
                        false) AS is_open,
               coalesce(bool_or(tt.sale_starts_at > now()), false) AS is_early,
               coalesce(max(q.free), 0) AS left, coalesce(sum(q.capacity), 0) AS capacity
          FROM events_tickettype tt
          JOIN LATERAL (SELECT min(q.capacity - q.taken) AS free, min(q.capacity) AS capacity
                          FROM stock_draw d JOIN stock_quota q ON q.id = d.quota_id
                         WHERE d.ticket_type_id = tt.id) q ON true
         WHERE tt.event_id = e.id AND tt.is_active) t
 WHERE e.state = 'published' AND next.starts_at IS NOT NULL
   AND NOT EXISTS (SELECT FROM rehearsal_rehearsal r WHERE r.organizer_id = e.organizer_id)
   AND (%(organizer)s::bigint IS NULL OR e.organizer_id = %(organizer)s)
   AND (next.starts_at, e.id) > (%(starts_at)s::timestamptz, %(id)s::bigint)
 ORDER BY next.starts_at, e.id
 LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Card:
    """As _event_card.html reads it."""

    name: str
    url: str
    picture: Picture | None
    cover_url: str
    starts_at: datetime
    zone: str
    place: str
    organizer_name: str
    price_from: int | None
    currency: str
    state: str
    left: str


@dataclass(frozen=True)
class Listing:
    """A page of coming events in the order of their dates; of one organizer, or of all."""

    organizer_name: str
    accent: str
    cards: Sequence[Card]
    next_url: str


# Freshness: what is written on a card a second after its change (events.trace and organizers.actions bump it); what is
# left, and whether it is on sale yet, two seconds.
LISTING = Kept("listing", Listing, fresh_s=2)


def event_cards(after: str, organizer: str = "") -> Listing | None:
    """None if there is no such organizer. First pages are kept; few turn the page, and anybody can invent one."""
    if after:
        return _read_listing(after, organizer)
    both = [scopes.listing(organizer), scopes.organizer(organizer)] if organizer else [scopes.ALL_LISTINGS]
    return cache().fetch(LISTING, (organizer,), lambda: _read_listing("", organizer), both)


def _read_listing(after: str, slug: str) -> Listing | None:
    """One statement, and one for the organizer."""
    organizer = Organizer.objects.filter(slug=slug).first() if slug else None
    if slug and organizer is None:
        return None
    starts_at, event_id = _position(after)
    with connection.cursor() as cursor:
        cursor.execute(
            CARDS,
            {
                "organizer": organizer.pk if organizer else None,
                "starts_at": starts_at,
                "id": event_id,
                "limit": CARDS_A_PAGE + 1,
            },
        )
        rows = cursor.fetchall()
    shown = rows[:CARDS_A_PAGE]
    next_url = ""
    if len(rows) > CARDS_A_PAGE:
        next_url = "?" + urlencode({"after": f"{shown[-1][9].isoformat()}~{shown[-1][0]}"})
    cards = [_card(row, names_organizer=organizer is None) for row in shown]
    return Listing(organizer.name if organizer else "", organizer.accent if organizer else "", cards, next_url)


def _position(after: str) -> tuple[str, int]:
    """Where the page before ended; the beginning for anything that is no such place."""
    moment, _tilde, number = after.partition("~")
    try:
        return datetime.fromisoformat(moment).isoformat(), int(number) if number.isascii() and len(number) < 19 else 0
    except ValueError:
        return "-infinity", 0


def _card(row: tuple[Any, ...], *, names_organizer: bool) -> Card:
    _id, slug, title, place, zone, currency, accent, organizer, organizer_name, starts_at, price, *sale = row
    is_open, is_early, left, capacity, key, *shown = sale
    word = left_word(left, capacity)
    state = "on_sale" if is_open else "not_yet" if is_early else "closed"
    return Card(
        name=title,
        url=addresses.event(organizer, slug),
        picture=Picture(key, *shown) if key else None,
        cover_url=addresses.cover_svg(accent, slug),
        starts_at=starts_at,
        zone=zone,
        place=place,
        organizer_name=organizer_name if names_organizer else "",
        price_from=price,
        currency=currency,
        state="sold_out" if is_open and word == Left.NONE else state,
        left=word.value,
    )
