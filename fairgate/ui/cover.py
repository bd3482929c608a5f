"""A picture for an event that has none: a calm drawing in the organizer's color, always the same for the same event."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable, Iterator
from hashlib import sha256
from random import Random

from fairgate.ui.accent import parse, spell

SIZE = 800
Shapes = Iterator[str]


def svg(seed: str, color: str) -> str:
    """Drawn from a digest of the seed, so no text of the address reaches the picture. ValueError for no color."""
    chance = Random(sha256(seed.encode()).digest())
    tones = _tones(color, chance)
    motif = chance.choice(MOTIFS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" preserveAspectRatio="xMidYMid slice">'
        '<defs><linearGradient id="a" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="{tones[0]}"/><stop offset="1" stop-color="{tones[1]}"/></linearGradient></defs>'
        f'<rect width="{SIZE}" height="{SIZE}" fill="url(#a)"/>{"".join(motif(chance, tones[2:]))}</svg>'
    )


def _tones(color: str, chance: Random) -> list[str]:
    """Two for the ground, three for the shapes: neighbors on the color wheel, never gray, never glaring."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*parse(color))
    turn = chance.choice((-1, 1)) * chance.uniform(0.03, 0.065)
    saturation = min(max(saturation, 0.25), 0.62) if saturation > 0.04 else 0.06
    middle = min(max(lightness, 0.36), 0.52)
    return [
        _tone(hue, middle, saturation),
        _tone(hue + turn, middle - 0.14, saturation),
        _tone(hue + turn / 2, middle + 0.22, saturation),
        _tone(hue + 2 * turn, middle + 0.12, saturation),
        _tone(hue - turn, middle - 0.08, saturation),
    ]


def _tone(hue: float, lightness: float, saturation: float) -> str:
    return spell(colorsys.hls_to_rgb(hue % 1, lightness, saturation))


def _rings(chance: Random, tones: list[str]) -> Shapes:
    x, y = chance.uniform(0.55, 0.95) * SIZE, chance.uniform(0.1, 0.6) * SIZE
    width = chance.uniform(34, 58)
    for index in range(9):
        radius = 40 + index * width * 1.75
        yield (
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="none" stroke="{tones[index % 3]}" '
            f'stroke-width="{width:.0f}" stroke-opacity="{0.62 - index * 0.05:.2f}"/>'
        )


def _hills(chance: Random, tones: list[str]) -> Shapes:
    x, y, radius = chance.uniform(0.2, 0.8) * SIZE, chance.uniform(0.22, 0.34) * SIZE, chance.uniform(80, 130)
    yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{tones[0]}" fill-opacity="0.9"/>'
    phase = chance.uniform(0, math.tau)
    for index in range(4):
        points = " ".join(f"{x},{_ridge(x, index, phase):.0f}" for x in range(0, SIZE + 1, 20))
        yield f'<polygon points="0,{SIZE} {points} {SIZE},{SIZE}" fill="{tones[index % 3]}" fill-opacity="0.55"/>'


def _ridge(x: int, index: int, phase: float) -> float:
    base = SIZE * (0.42 + 0.14 * index)
    return base + 46 * math.sin(x / 150 + phase + index * 1.9) + 22 * math.sin(x / 67 + phase * 2 + index)


def _discs(chance: Random, tones: list[str]) -> Shapes:
    for index in range(6):
        x, y = chance.uniform(0, SIZE), chance.uniform(0, SIZE)
        radius = chance.uniform(110, 300)
        yield (
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{tones[index % 3]}" '
            f'fill-opacity="{chance.uniform(0.28, 0.5):.2f}"/>'
        )


def _tiles(chance: Random, tones: list[str]) -> Shapes:
    step = SIZE // 4
    for row in range(4):
        for column in range(4):
            yield _tile(column * step, row * step, step, chance, chance.choice(tones))


def _tile(x: int, y: int, step: int, chance: Random, tone: str) -> str:
    corner = chance.randrange(5)
    if corner == 4:
        return f'<circle cx="{x + step // 2}" cy="{y + step // 2}" r="{step // 4}" fill="{tone}" fill-opacity="0.7"/>'
    right, down = corner % 2, corner // 2
    cx, cy = x + right * step, y + down * step
    # A quarter of a disc: from the corner along two edges, the arc between them.
    across, along = x + (1 - right) * step, y + (1 - down) * step
    sweep = int(right != down)
    return (
        f'<path d="M{cx},{cy}L{across},{cy}A{step},{step} 0 0 {1 - sweep} {cx},{along}Z" '
        f'fill="{tone}" fill-opacity="0.6"/>'
    )


MOTIFS: tuple[Callable[[Random, list[str]], Shapes], ...] = (_rings, _hills, _discs, _tiles)
