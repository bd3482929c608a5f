"""How much of the database a reader has seen: a position in the primary's log, written TIMELINE-HIGH/LOW, in hex."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fairgate.lib.lsn import Lsn, lsn

WRITTEN = re.compile(r"\A([0-9A-F]{1,8})-([0-9A-F]{1,8}/[0-9A-F]{1,8})\Z")


@dataclass(frozen=True)
class Token:
    timeline: int
    lsn: Lsn

    def __str__(self) -> str:
        return f"{self.timeline:X}-{self.lsn >> 32:X}/{self.lsn & 0xFFFFFFFF:X}"

    def is_in(self, other: Token) -> bool:
        """Whether who has `other` has this too. Positions of two timelines cannot be compared: then nobody knows."""
        return self.timeline == other.timeline and self.lsn <= other.lsn


def read(text: str) -> Token | None:
    """None for whatever we have not written."""
    match = WRITTEN.match(text)
    return Token(int(match[1], 16), lsn(match[2])) if match else None


def newer(one: Token | None, other: Token | None) -> Token | None:
    """What covers both; of different timelines the later one, since the earlier has ended."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda token: (token.timeline, token.lsn))
