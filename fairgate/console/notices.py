"""What a page that watches something says first: a headline in a color, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Notice:
    """`kind` is a color: good, warn or bad; or info, when nothing is asked of anybody."""

    kind: str
    headline: str
    text: str
