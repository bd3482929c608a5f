"""Positions in PostgreSQL's log. No psycopg: who supervises servers does without."""

from __future__ import annotations

from typing import NewType

# In bytes.
Lsn = NewType("Lsn", int)


def lsn(text: str) -> Lsn:
    """As PostgreSQL writes it: 16/B374D848."""
    high, _slash, low = text.partition("/")
    return Lsn(int(high, 16) << 32 | int(low, 16))
