"""What a code says before anyone looks it up: signed by us, typed by hand, forged, or nothing we know.

A scanner that behaves like a keyboard adds what it likes around a code: line ends, tabs, now and then a whole address.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fairgate.lib import signing
from fairgate.lib.ids import ALPHABET, normalize_code

REFERENCE_LENGTH = 12
# A signed code has 149 characters; with an address around it, it is still far below this.
MAX_LENGTH = 1_000


@dataclass(frozen=True)
class Claim:
    kind: str
    ticket: UUID | None = None
    event: int | None = None
    reference: str | None = None


FORGED = Claim("forged")
UNKNOWN = Claim("unknown")


def read(secret_key: str, text: str) -> Claim:
    code = _bare(text)
    if len(code) == REFERENCE_LENGTH and set(code) <= set(ALPHABET):
        return Claim("typed", reference=code)
    try:
        signed = signing.verify(secret_key, code)
    except signing.Forged:
        return FORGED
    except signing.NotACode:
        return UNKNOWN
    return Claim("signed", ticket=signed.ticket, event=signed.event)


def _bare(text: str) -> str:
    if len(text) > MAX_LENGTH:
        return ""
    printable = "".join(char for char in text if char.isprintable())
    last_of_address = printable.strip().rstrip("/").rpartition("/")[2]
    return normalize_code(last_of_address)
