"""Noto Sans in two weights, and how text fits on a line.

The font is variable, which PDF does not know: its two weights are cut out once in a process (70 ms). Signs of scripts
that it lacks show as a box: a ticket is never refused for the name on it.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import fontpkg_noto_sans
import uharfbuzz as hb
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, shapeStr

FILE = Path(fontpkg_noto_sans.ROOT, "files", "NotoSans[wdth,wght].ttf")
WEIGHTS = {"regular": 400, "bold": 700}
# The only names that reportlab asks for; it copies all there are into each document.
POSTSCRIPT_NAME = 6


@cache
def font(style: str) -> TTFont:
    name = f"NotoSans-{style.capitalize()}"
    # Letters take the codes in the order of their use, else each document would embed all of ASCII.
    found = TTFont(name, BytesIO(_cut_out(WEIGHTS[style])), asciiReadable=False)
    # Both weights are cut from one file and bear its name; documents tell fonts apart by it.
    found.face.name = name.encode("ascii")
    pdfmetrics.registerFont(found)
    return found


def width(text: str, style: str, size: float) -> float:
    """Without the shaping that narrows Devanagari: what fits by this measure fits on the page."""
    measured: float = font(style).stringWidth(text, size)
    return measured


def shaped(text: str, style: str, size: float) -> str:
    """Letters with marks of their own are put together by HarfBuzz; others stand as they are, and copy as they are."""
    if not any(unicodedata.category(sign).startswith("M") for sign in text):
        return text
    found: str = shapeStr(text, font(style).fontName, size)
    return found


def wrap(text: str, style: str, size: float, room: float, most: int) -> list[str]:
    """At most so many lines that fit in the room; what is beyond ends in an ellipsis."""
    if most == 1:
        return [shorten(text, style, size, room)]
    words = " ".join(part for word in text.split() for part in _hyphenated(word, style, size, room))
    lines = simpleSplit(words, font(style).fontName, size, room)
    rest = " ".join(lines[most - 1 :])
    return [*lines[: most - 1], *([shorten(rest, style, size, room)] if rest else [])]


def shorten(text: str, style: str, size: float, room: float) -> str:
    if width(text, style, size) <= room:
        return text
    letters = _fitting(text, "…", style, size, room)
    return f"{text[:letters].rstrip()}…"


def _hyphenated(word: str, style: str, size: float, room: float) -> Iterator[str]:
    while width(word, style, size) > room:
        letters = max(1, _fitting(word, "-", style, size, room))
        yield f"{word[:letters]}-"
        word = word[letters:]
    yield word


def _fitting(text: str, end: str, style: str, size: float, room: float) -> int:
    """How many letters fit with this end: a line only grows with what is added, so halving finds it."""
    counts = range(1, len(text) + 1)
    return bisect_right(counts, room, key=lambda count: width(text[:count].rstrip() + end, style, size))


def _cut_out(weight: int) -> bytes:
    variable = hb.Face(hb.Blob.from_file_path(str(FILE)))
    request = hb.SubsetInput()
    request.keep_everything()
    request.name_id_set.clear()
    request.name_id_set.add(POSTSCRIPT_NAME)
    request.flags = hb.SubsetFlags.NO_HINTING
    request.pin_axis_location(variable, "wght", weight)
    request.pin_axis_location(variable, "wdth", 100)
    return bytes(hb.subset(variable, request).blob.data)
