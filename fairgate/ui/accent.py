"""The organizer's color, moved as far as reading needs: 4.5:1 for text, 3:1 for controls, by light and by night."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Callable

Color = tuple[float, float, float]

TEXT, CONTROL = 4.5, 3.0
WHITE, INK = "#ffffff", "#16151a"
# The darkest light and the lightest dark surface that text in the accent color stands on (variables.css, --sunken).
LIGHT, DARK = "#f3f1ee", "#26262b"


def stylesheet(color: str) -> str:
    """The variables that replace the default accent. Raises ValueError for what is no RRGGBB color."""
    day, night = _palette(color, LIGHT, 0.09), _palette(color, DARK, 0.16)
    both = "".join(f"--{name}:light-dark({day[name]},{night[name]});" for name in day)
    plain = "".join(f"--{name}:{value};" for name, value in day.items())
    return f":root{{{both}}}@supports not (color:light-dark(#000,#fff)){{:root{{{plain}}}}}\n"


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2, from 1 to 21."""
    high, low = sorted((_luminance(parse(one)), _luminance(parse(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable_on(color: str) -> str:
    return max((WHITE, INK), key=lambda ink: contrast(ink, color))


def _palette(color: str, surface: str, tint: float) -> dict[str, str]:
    fill = _until(color, surface, _carries_text)
    edge = _until(color, surface, lambda shade: contrast(shade, surface) >= CONTROL)
    soft = _mix(color, WHITE if surface == LIGHT else "#1b1b1f", tint)
    ink = _until(color, surface, lambda shade: min(contrast(shade, surface), contrast(shade, soft)) >= TEXT)
    return {"accent": fill, "accent-edge": edge, "on-accent": readable_on(fill), "accent-ink": ink, "accent-soft": soft}


def _carries_text(fill: str) -> bool:
    return contrast(fill, readable_on(fill)) >= TEXT


def _until(color: str, surface: str, is_enough: Callable[[str], bool]) -> str:
    """The nearest shade that is enough: darker on light, lighter on dark, the hue kept."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*parse(color))
    step = -0.01 if surface == LIGHT else 0.01
    while not is_enough(shade := spell(colorsys.hls_to_rgb(hue, lightness, saturation))):
        lightness = min(max(lightness + step, 0.0), 1.0)
    return shade


def _mix(color: str, surface: str, share: float) -> str:
    red, green, blue = (a * share + b * (1 - share) for a, b in zip(parse(color), parse(surface), strict=True))
    return spell((red, green, blue))


def _luminance(color: Color) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def parse(color: str) -> Color:
    if not re.fullmatch(r"#?[0-9a-fA-F]{6}", color):
        raise ValueError(color)
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red / 255, green / 255, blue / 255


def spell(color: Color) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in color)
