"""How a buyer can be reached."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_EMAIL = 254


def clean_email(text: str) -> str:
    """The address without what is around it, or "" if there can be no such address."""
    email = text.strip()
    if len(email) > MAX_EMAIL:
        return ""
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email
