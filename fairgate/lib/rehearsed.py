"""The addresses of buyers who exist in a rehearsal alone. What is sent to one is made like any mail, and goes nowhere.

RFC 2606 keeps `.invalid` for names that can never be registered: even if one of these left, it could reach nobody.
"""

from __future__ import annotations

DOMAIN = "rehearsal.invalid"


def address(number: int) -> str:
    return f"ben{number}@{DOMAIN}"


def is_rehearsed(email: str) -> bool:
    return email.rpartition("@")[2].rstrip(".").lower() == DOMAIN
