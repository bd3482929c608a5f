"""Identifiers: ordered ones for rows, short ones for people."""

from __future__ import annotations

import secrets
import time
from uuid import UUID

# Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U, so a code survives being read aloud.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("ILOU", "110V")


def uuid7() -> UUID:
    """A time-ordered identifier (RFC 9562, version 7): new rows land on the right edge of their index."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def new_code(length: int) -> str:
    """A random code for people, of 5 bits a character."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def normalize_code(text: str) -> str:
    """What was meant by a code typed by hand: spaces, dashes, case and look-alike letters do not matter."""
    return "".join(text.split()).replace("-", "").upper().translate(_LOOKALIKES)


def grouped(code: str) -> str:
    """A code in groups of four, as people read and type it: "K7QM 2XWD 9FTA"."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
