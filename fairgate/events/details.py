"""What people say about an event, a date or a ticket type, once it is clean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class EventDetails:
    title: str
    slug: str
    description: str = ""
    place: str = ""
    address: str = ""
    time_zone: str
    currency: str
    accent: str = ""
    payment_days: int = 7
    max_per_buyer: int | None = None
    verified_only: bool = False


@dataclass(frozen=True, kw_only=True)
class SessionDetails:
    name: str = ""
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class TicketTypeDetails:
    name: str
    description: str = ""
    price: int = 0
    tax_rate_bp: int = 0
    min_per_order: int = 1
    max_per_order: int = 10
    max_per_buyer: int | None = None
    sale_starts_at: datetime | None = None
    sale_ends_at: datetime | None = None
