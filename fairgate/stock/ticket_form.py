"""What the ticket form of an event shows, on its page and on the page of a refusal. No framework."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairgate.lib import addresses, clock, env
from fairgate.stock.catalog import Catalog, Left, Sale, ShownSession, ShownTicketType
from fairgate.stock.form_requests import QUANTITY_FIELD

STATES = {Sale.OPEN: "on_sale", Sale.EARLY: "not_yet", Sale.ENDED: "ended", Sale.CLOSED: "ended"}


@dataclass(frozen=True)
class Refusal:
    """Why places could not be kept, and what was typed."""

    reason: str
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    kept_url: str = ""


def context(catalog: Catalog, refusal: Refusal | None = None) -> dict[str, Any]:
    """The names that the templates read."""
    # Where there is nothing to choose but how many, the least is the likeliest answer.
    preset = catalog.ticket_types[0].min_per_order if len(catalog.ticket_types) == 1 else 0
    return {
        "event": event(catalog),
        "sessions": [
            {
                "id": session.id,
                "name": session.name,
                "starts_at": session.starts_at,
                "ends_at": session.ends_at,
                "seats_url": _seats_url(catalog, session),
                "tickets": [ticket(ticket_type, refusal, preset) for ticket_type in catalog.ticket_types_of(session)],
            }
            for session in catalog.sessions
        ],
        "refusal": {"reason": refusal.reason} if refusal else None,
        "kept_url": refusal.kept_url if refusal else "",
    }


def _seats_url(catalog: Catalog, session: ShownSession) -> str:
    """Where seats of this session can be chosen now, if any can."""
    if any(one.is_seated and one.can_be_bought for one in catalog.ticket_types_of(session)):
        return addresses.seats(catalog.organizer_slug, catalog.slug, session.id)
    return ""


def event(catalog: Catalog) -> dict[str, Any]:
    prices = [ticket_type.price for ticket_type in catalog.ticket_types]
    return {
        "name": catalog.title,
        "description": catalog.description,
        "announcement": catalog.announcement,
        "place": catalog.place,
        "address": catalog.address,
        "url": addresses.event(catalog.organizer_slug, catalog.slug),
        "holds_url": addresses.holds(catalog.organizer_slug, catalog.slug),
        "picture": catalog.picture,
        "shared_picture_url": _shared_picture_url(catalog),
        "cover_url": addresses.cover_svg(catalog.accent, catalog.slug),
        "zone": catalog.time_zone,
        "currency": catalog.currency,
        "accent": catalog.accent.lstrip("#"),
        "state": state(catalog),
        "sale_starts_at": min(_openings(catalog.ticket_types), default=None),
        "starts_at": min((session.starts_at for session in catalog.sessions), default=None),
        "ends_at": max((session.ends_at for session in catalog.sessions), default=None),
        "price_from": min(prices, default=None),
        "price_to": max(prices, default=None),
        "confirm": _confirm(catalog),
        "organizer": {"name": catalog.organizer_name, "url": addresses.organizer(catalog.organizer_slug)},
    }


def _shared_picture_url(catalog: Catalog) -> str:
    """Whole, as messengers and search engines ask for it; empty for a drawing."""
    return env.settings().public_url + catalog.picture.shared_url if catalog.picture else ""


def _confirm(catalog: Catalog) -> dict[str, Any] | None:
    """Where an address is confirmed, if only confirmed ones can order."""
    if not catalog.verified_only:
        return None
    until = catalog.first_sale_at
    is_open = state(catalog) not in ("closed", "ended") and (until is None or clock.now() < until)
    url = addresses.confirmation(catalog.organizer_slug, catalog.slug)
    return {"is_open": is_open, "until": until, "url": url}


def state(catalog: Catalog) -> str:
    """The one word for the whole sale."""
    if catalog.sessions and all(session.ends_at <= clock.now() for session in catalog.sessions):
        return "ended"
    if catalog.is_closed:
        return "closed"
    if any(ticket_type.can_be_bought for ticket_type in catalog.ticket_types):
        return "on_sale"
    sales = {ticket_type.sale for ticket_type in catalog.ticket_types}
    if Sale.OPEN in sales:
        return "sold_out"
    if Sale.EARLY in sales:
        return "not_yet"
    return "sale_ended" if sales else "on_sale"


def _openings(ticket_types: Iterable[ShownTicketType]) -> Sequence[datetime]:
    return [t.sale_starts_at for t in ticket_types if t.sale == Sale.EARLY and t.sale_starts_at]


def ticket(ticket_type: ShownTicketType, refusal: Refusal | None = None, preset: int = 0) -> dict[str, Any]:
    name = f"{QUANTITY_FIELD}{ticket_type.id}"
    return {
        "id": ticket_type.id,
        "name": ticket_type.name,
        "description": ticket_type.description,
        "price": ticket_type.price,
        "tax_rate_bp": ticket_type.tax_rate_bp,
        "state": STATES[ticket_type.sale],
        "sale_starts_at": ticket_type.sale_starts_at,
        "left": Left(ticket_type.left).value,
        "is_seated": ticket_type.is_seated,
        "max_per_order": max(ticket_type.most, 1),
        "min_per_order": ticket_type.min_per_order,
        "quantity": _typed(refusal, name) if refusal else preset,
        "error": refusal.errors.get(name, "") if refusal else "",
    }


def _typed(refusal: Refusal, name: str) -> str | int:
    text = refusal.typed.get(name, "").strip()
    return text if text not in ("", "0") else 0
