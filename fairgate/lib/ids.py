"""Identifiers: ordered ones for rows, short ones for people."""

from __future__ import annotations

import os
import secrets
import time
from collections import deque
from uuid import UUID

# Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U, so a code survives being read aloud.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BYTES = 10
DRAWN_AT_ONCE = 256
_LOOKALIKES = str.maketrans("ILOU", "110V")


# The system's random bytes, asked for many at a time: each question costs as much as all else here.
_drawn: deque[bytes] = deque()
# What a forked process found here, its parent would use too.
os.register_at_fork(after_in_child=_drawn.clear)


def _random_bytes() -> bytes:
    try:
        return _drawn.popleft()
    except IndexError:
        fresh = os.urandom(RANDOM_BYTES * DRAWN_AT_ONCE)
        first, *others = (fresh[at : at + RANDOM_BYTES] for at in range(0, len(fresh), RANDOM_BYTES))
        _drawn.extend(others)
        return first


def uuid7() -> UUID:
    """A time-ordered identifier (RFC 9562, version 7): new rows land on the right edge of their index."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(_random_bytes())
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def short(identifier: UUID) -> str:
    """Enough of one to tell it from others in a log. It opens nothing, and nothing can be found by it alone."""
    return identifier.hex[-12:]


def new_code(length: int) -> str:
    """A random code for people, of 5 bits a character."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def normalize_code(text: str) -> str:
    """What was meant by a code typed by hand: spaces, dashes, case and look-alike letters do not matter."""
    return "".join(text.split()).replace("-", "").upper().translate(_LOOKALIKES)


def grouped(code: str) -> str:
    """A code in groups of four, as people read and type it: "K7QM 2XWD 9FTA"."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
