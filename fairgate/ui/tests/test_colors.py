import re
from pathlib import Path

import pytest

from fairgate.ui import accent, cover

VARIABLES = (Path(accent.__file__).parent / "static/ui/variables.css").read_text()
DEFAULT = {name: pair for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", VARIABLES)}
ACCENTS = ("3a4ed5", "0f766e", "ffd400", "ff4f00", "c2185b", "000000", "ffffff", "808080", "7f7f00", "00ff00")
TEXTS = [
    ("ink", "page"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink-soft", "page"),
    ("ink-soft", "surface"),
    ("ink-soft", "sunken"),
    ("accent-ink", "page"),
    ("accent-ink", "surface"),
    ("accent-ink", "sunken"),
    ("accent-ink", "accent-soft"),
    ("on-accent", "accent"),
    ("ink", "accent-soft"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("bad", "surface"),
    ("bad", "page"),
    ("ink", "good-soft"),
    ("ink", "warn-soft"),
    ("ink", "bad-soft"),
]
CONTROLS = [
    ("control", "page"),
    ("control", "surface"),
    ("accent-edge", "page"),
    ("accent-edge", "surface"),
    ("accent-edge", "sunken"),
]


def _pairs(css: str) -> dict[str, list[str]]:
    return {name: pair for name, *pair in re.findall(r"--([\w-]+):light-dark\((#\w{6}),(#\w{6})\)", css)}


@pytest.mark.parametrize("color", [None, *ACCENTS])
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_contrast(color: str | None, scheme: int) -> None:
    colors = DEFAULT | (_pairs(accent.stylesheet(color)) if color else {})

    def ratio(pair: tuple[str, str]) -> float:
        return accent.contrast(colors[pair[0]][scheme], colors[pair[1]][scheme])

    assert {pair: ratio(pair) for pair in TEXTS if ratio(pair) < 4.5} == {}
    assert {pair: ratio(pair) for pair in CONTROLS if ratio(pair) < 3} == {}


def test_readable_color_stays_as_it_is() -> None:
    assert "--accent:light-dark(#0f766e," in accent.stylesheet("0f766e")


@pytest.mark.parametrize("color", ["", "fff", "12345g", "1234567", "0f766e;}", "١٢٣٤٥٦"])
def test_no_color_is_refused(color: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the color itself is the message)
        accent.stylesheet(color)


def test_cover_is_the_same_for_the_same_event() -> None:
    assert cover.svg("fita/python-pune", "0f766e") == cover.svg("fita/python-pune", "0f766e")
    assert cover.svg("fita/python-pune", "0f766e") != cover.svg("fita/open-day", "0f766e")


def test_cover_shows_nothing_of_its_address() -> None:
    assert "script" not in cover.svg('"><script>alert(1)</script>', "0f766e")
