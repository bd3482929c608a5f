"""The one place that spells the public addresses, for every page, mail and service."""

from __future__ import annotations

RESERVED = frozenset(
    {
        "accent", "accounts", "admin", "api", "checkout", "console", "cover", "gate", "health", "holds", "media",
        "metrics", "orders", "static", "tickets",
    }
)  # fmt: skip


def is_reserved(slug: str) -> bool:
    """First path parts that no organizer may take; two letters are kept for languages."""
    return slug in RESERVED or len(slug) == 2


def home() -> str:
    return "/"


def organizer(organizer: str) -> str:
    return f"/{organizer}/"


def event(organizer: str, event: str) -> str:
    return f"/{organizer}/{event}/"


def holds(organizer: str, event: str) -> str:
    return f"/{organizer}/{event}/holds/"


def seats(organizer: str, event: str, session: int) -> str:
    """The plan on which seats are chosen."""
    return f"/{organizer}/{event}/seats/{session}/"


def confirmation(organizer: str, event: str, token: str = "") -> str:
    """Where an address is confirmed before the sale; with a token, the link of a mail."""
    return f"/{organizer}/{event}/confirm/" + (f"{token}/" if token else "")


def checkout(hold: object) -> str:
    return f"/checkout/{hold}/"


def order(code: str, secret: str) -> str:
    return f"/orders/{code}/{secret}/"


def tickets_pdf(code: str, secret: str) -> str:
    return f"/orders/{code}/{secret}/tickets.pdf"


def calendar(code: str, secret: str) -> str:
    return f"/orders/{code}/{secret}/calendar.ics"


def find_tickets() -> str:
    return "/tickets/"


def gate(check_in_list: int) -> str:
    return f"/gate/{check_in_list}/"


def gate_scans() -> str:
    """Where apps and scanners send what they read."""
    return "/api/v1/gate/scans"


def gate_lists() -> str:
    return "/api/v1/gate/lists"


def accent_css(color: str) -> str:
    return f"/accent/{color.lstrip('#')}.css"


def cover_svg(color: str, seed: str) -> str:
    return f"/cover/{color.lstrip('#')}/{seed}.svg"


def media(key: str, width: int) -> str:
    return f"/media/{key}/{width}.webp"
