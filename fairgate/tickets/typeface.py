"""Noto Sans in two weights: shaped by HarfBuzz, so that names in Devanagari come out right, and cut down to the glyphs
that a document uses.

The font is variable; its two weights are cut out once in a process (40 ms). Signs of scripts that it lacks show as a
box: a ticket is never refused for the name on it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import fontpkg_noto_sans
import uharfbuzz as hb

FILE = Path(fontpkg_noto_sans.ROOT, "files", "NotoSans[wdth,wght].ttf")
WEIGHTS = {"regular": 400, "bold": 700}
# Layout and names serve whoever composes text. A PDF has positions and needs outlines alone.
NOT_EMBEDDED = ("BASE", "GDEF", "GPOS", "GSUB", "OS/2", "STAT", "cmap", "gasp", "name", "post")


class Glyph(NamedTuple):
    """A glyph and where it stands, in thousandths of the text's size."""

    id: int
    advance: int
    x: int
    y: int
    # The characters that it stands for, "" if an earlier glyph of the same group stands for them.
    text: str


@dataclass(frozen=True)
class Line:
    text: str
    weight: Weight
    size: float
    glyphs: tuple[Glyph, ...]

    @property
    def width(self) -> float:
        return sum(glyph.advance for glyph in self.glyphs) * self.size / 1000


class Weight:
    def __init__(self, name: str, wanted: int) -> None:
        self.name = name
        self._face = _cut_out(wanted)
        self._font = hb.Font(self._face)
        self.ascent = self._font.get_font_extents("ltr").ascender

    def line(self, text: str, size: float) -> Line:
        return Line(text, self, size, _shape(self, text))

    def width_of(self, glyph: int) -> int:
        """The advance that the embedded font states; kerning is on top of it."""
        advance: int = self._font.get_glyph_h_advance(glyph)
        return advance

    def subset(self, glyphs: set[int]) -> bytes:
        """A TrueType font of these glyphs under their numbers."""
        wanted = hb.SubsetInput()
        wanted.flags = (
            hb.SubsetFlags.NO_HINTING
            | hb.SubsetFlags.RETAIN_GIDS
            | hb.SubsetFlags.NOTDEF_OUTLINE
            | hb.SubsetFlags.NO_LAYOUT_CLOSURE
        )
        wanted.glyph_set.update(glyphs)
        wanted.drop_table_tag_set.update(int.from_bytes(tag.encode()) for tag in NOT_EMBEDDED)
        return bytes(hb.subset(self._face, wanted).blob.data)

    def shape(self, text: str) -> Iterator[Glyph]:
        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        # Each accent stands for itself, so that a text copied out of the document is the text that went in.
        buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
        hb.shape(self._font, buffer)
        starts = [*sorted({info.cluster for info in buffer.glyph_infos}), len(text)]
        texts = {start: text[start:end] for start, end in pairwise(starts)}
        for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            text = texts.pop(info.cluster, "")
            yield Glyph(info.codepoint, at.x_advance, at.x_offset, at.y_offset, text)


# Most of a ticket is the same on the next one: labels, the event, its date and place.
@lru_cache(maxsize=512)
def _shape(weight: Weight, text: str) -> tuple[Glyph, ...]:
    return tuple(weight.shape(text)) if text else ()


@cache
def weight(name: str) -> Weight:
    return Weight(name, WEIGHTS[name])


def _cut_out(wanted: int) -> hb.Face:
    variable = hb.Face(hb.Blob.from_file_path(str(FILE)))
    request = hb.SubsetInput()
    request.keep_everything()
    request.flags = hb.SubsetFlags.NO_HINTING
    request.pin_axis_location(variable, "wght", wanted)
    request.pin_axis_location(variable, "wdth", 100)
    return hb.subset(variable, request)


def wrap(text: str, weight: Weight, size: float, width: float, lines: int) -> list[Line]:
    """At most so many lines of at most this width; what does not fit ends in an ellipsis."""
    if lines == 1:
        return [shorten(text, weight, size, width)]
    whole = weight.line(text, size)
    if whole.width <= width:
        return [whole]
    first, rest = _break(text.split(), weight, size, width)
    return [weight.line(first, size), *wrap(rest, weight, size, width, lines - 1)]


def shorten(text: str, weight: Weight, size: float, width: float) -> Line:
    line = weight.line(text, size)
    if line.width <= width:
        return line
    letters = _fitting(lambda count: f"{text[:count].rstrip()}…", len(text), weight, size, width)
    return weight.line(f"{text[:letters].rstrip()}…", size)


def _break(words: list[str], weight: Weight, size: float, width: float) -> tuple[str, str]:
    """The first line of a text that is too long for one, and the rest; a word that alone is too long is hyphenated."""
    count = _fitting(lambda count: " ".join(words[:count]), len(words), weight, size, width)
    if count:
        return " ".join(words[:count]), " ".join(words[count:])
    letters = max(1, _fitting(lambda count: f"{words[0][:count]}-", len(words[0]), weight, size, width))
    return f"{words[0][:letters]}-", " ".join([words[0][letters:], *words[1:]])


def _fitting(part: Callable[[int], str], most: int, weight: Weight, size: float, width: float) -> int:
    """How many words or letters fit: a line only grows with what is added, so halving finds it."""
    return bisect_right(range(1, most + 1), width, key=lambda count: weight.line(part(count), size).width)
