"""What an event's page and API show of it: its dates, its tickets, and what is left of each. No Django.

Three statements, however many ticket types there are. Whatever is shown may be a moment old; only a hold decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fairgate.lib.database import Executor
from fairgate.lib.pictures import Picture

FEW_SHARE = 10
FEW_LEAST = 5


class Left(StrEnum):
    PLENTY = "plenty"
    FEW = "few"
    NONE = "none"


class Sale(StrEnum):
    OPEN = "open"
    EARLY = "early"
    ENDED = "ended"
    CLOSED = "closed"


@dataclass(frozen=True)
class ShownSession:
    id: int
    name: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class ShownTicketType:
    id: int
    session_id: int
    name: str
    description: str
    price: int
    tax_rate_bp: int
    # Of one order, which may not have more than one buyer may.
    max_per_order: int
    min_per_order: int
    # Its places are numbered.
    is_seated: bool
    sale: Sale
    sale_starts_at: datetime | None
    sale_ends_at: datetime
    left: Left
    # The number itself where it is small enough to matter to a buyer.
    left_number: int

    @property
    def can_be_bought(self) -> bool:
        return self.sale == Sale.OPEN and self.left != Left.NONE

    @property
    def most(self) -> int:
        """The largest quantity worth offering."""
        return min(self.max_per_order, self.left_number)


@dataclass(frozen=True)
class Face:
    """What only its organizer changes."""

    event_id: int
    organizer_slug: str
    organizer_name: str
    slug: str
    title: str
    description: str
    place: str
    address: str
    time_zone: str
    currency: str
    accent: str
    is_closed: bool
    # Only addresses that were confirmed before the first sale, if it has a time, may order.
    verified_only: bool
    first_sale_at: datetime | None
    # What its organizer has to say right now; mostly nothing.
    announcement: str
    # None: its page shows a drawing.
    picture: Picture | None
    sessions: Sequence[ShownSession]


@dataclass(frozen=True)
class Catalog(Face):
    ticket_types: Sequence[ShownTicketType]

    def ticket_types_of(self, session: ShownSession) -> list[ShownTicketType]:
        return [ticket_type for ticket_type in self.ticket_types if ticket_type.session_id == session.id]


def read(db: Executor, organizer: str, event: str) -> Catalog | None:
    """A published or closed event as it is now; None for any other."""
    face = read_face(db, organizer, event)
    return None if face is None else complete(face, read_ticket_types(db, face.event_id))


def complete(face: Face, ticket_types: Sequence[ShownTicketType]) -> Catalog:
    return Catalog(**vars(face), ticket_types=ticket_types)


def read_face(db: Executor, organizer: str, event: str) -> Face | None:
    row = db.execute(
        "SELECT e.id, o.slug, o.name, e.slug, e.title, e.description, e.place, e.address, e.time_zone,"
        " e.currency, coalesce(nullif(e.accent, ''), o.accent), e.state = 'closed',"
        " e.verified_only, (SELECT min(tt.sale_starts_at) FROM events_tickettype tt WHERE tt.event_id = e.id),"
        " coalesce(a.text, ''), f.key, f.width, f.height, f.widths, p.alt"
        " FROM events_event e JOIN organizers_organizer o ON o.id = e.organizer_id"
        " LEFT JOIN events_announcement a ON a.event_id = e.id"
        " LEFT JOIN events_eventpicture p ON p.event_id = e.id LEFT JOIN files_storedpicture f ON f.key = p.stored_id"
        " WHERE o.slug = %s AND e.slug = %s AND e.state <> 'draft'",
        (organizer, event),
    ).fetchone()
    if row is None:
        return None
    *facts, key, width, height, widths, alt = row
    picture = Picture(key, width, height, widths, alt) if key else None
    return Face(*(*facts, picture, _sessions(db, row[0])))


def _sessions(db: Executor, event_id: int) -> list[ShownSession]:
    rows = db.execute(
        "SELECT id, name, starts_at, ends_at FROM events_session WHERE event_id = %s ORDER BY starts_at, id",
        (event_id,),
    ).fetchall()
    return [ShownSession(*row) for row in rows]


def read_ticket_types(db: Executor, event_id: int) -> list[ShownTicketType]:
    rows = db.execute(
        "SELECT tt.id, tt.session_id, tt.name, tt.description, tt.price, tt.tax_rate_bp,"
        " least(tt.max_per_order, tt.max_per_buyer, e.max_per_buyer), tt.min_per_order,"
        " coalesce(bool_or(q.is_seated), false),"
        " CASE WHEN e.state <> 'published' OR count(q.id) = 0 THEN 'closed'"
        "      WHEN least(tt.sale_ends_at, s.ends_at) <= now() THEN 'ended'"
        "      WHEN tt.sale_starts_at > now() THEN 'early' ELSE 'open' END,"
        " tt.sale_starts_at, least(tt.sale_ends_at, s.ends_at),"
        " coalesce(min(q.capacity - q.taken), 0), coalesce(min(q.capacity), 0)"
        " FROM events_tickettype tt"
        " JOIN events_session s ON s.id = tt.session_id JOIN events_event e ON e.id = tt.event_id"
        " LEFT JOIN stock_draw d ON d.ticket_type_id = tt.id LEFT JOIN stock_quota q ON q.id = d.quota_id"
        " WHERE tt.event_id = %s AND tt.is_active"
        " GROUP BY tt.id, s.id, e.id ORDER BY s.starts_at, tt.position, tt.id",
        (event_id,),
    ).fetchall()
    return [
        ShownTicketType(*(*row[:9], Sale(row[9]), *row[10:12], _left(row[12], row[13], least=row[7]), row[12]))
        for row in rows
    ]


def _left(left: int, capacity: int, *, least: int) -> Left:
    """Fewer than one may take at least are none to anybody."""
    return left_word(left if left >= least else 0, capacity)


def left_word(left: int, capacity: int) -> Left:
    """A word for what is left: "few" from a tenth of the capacity, or from five places on."""
    if left <= 0:
        return Left.NONE
    return Left.FEW if left <= max(capacity // FEW_SHARE, FEW_LEAST) else Left.PLENTY
