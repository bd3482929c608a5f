"""One line of any process's log: when, how bad, from where, and what it says. Ours are JSON, other programs' not."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

LEVELS = ("debug", "info", "warning", "error", "critical")
# PostgreSQL's words and HAProxy's. Its STATEMENT and DETAIL belong to the line before.
WORDS = {
    "LOG": "info", "WARNING": "warning", "ERROR": "error", "FATAL": "critical", "PANIC": "critical",
    "NOTICE": "info", "ALERT": "critical",
}  # fmt: skip
PURCHASE = re.compile(r"[0-9a-f]{12}")
ZONED = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?"
POSTGRES = re.compile(rf"({ZONED}) UTC \[\d+\] ([A-Z]+):")
VALKEY = re.compile(r"\d+:[A-Z] (\d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d+) ([.*#-])")
HAPROXY = re.compile(r"\[(NOTICE|WARNING|ALERT)\]")
# Whatever a terminal would obey. A line may hold what a stranger sent.
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Line:
    at: float
    source: str
    level: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def began(self) -> float:
        """A line of ours is written at the end of what it tells."""
        took = self.facts.get("ms")
        return self.at - took / 1000 if isinstance(took, int | float) else self.at

    @property
    def purchase(self) -> str:
        """The word that all lines share which know one purchase."""
        word = self.facts.get("purchase")
        return word if isinstance(word, str) and PURCHASE.fullmatch(word) else ""

    def of(self, requests: Collection[str]) -> str:
        """Which of these requests it tells of, if any: a batch tells of several."""
        own = self.facts.get("request_id")
        if own in requests:
            return str(own)
        return next((one for one in self.facts.get("request_ids", ()) if one in requests), "")

    def is_as_bad_as(self, level: str) -> bool:
        return LEVELS.index(self.level) >= LEVELS.index(level)

    def as_json(self) -> dict[str, Any]:
        written = {"process": self.source, "timestamp": stamp(self.at), "level": self.level}
        return {**(self.facts or {"event": self.text}), **written}


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read(source: str, raw: bytes, before: Line | None, otherwise: float) -> Line:
    """One without a time of its own has that of the line before it, as the lines of a traceback have."""
    text = raw.decode(errors="replace").rstrip()
    if text.startswith("{") and (facts := _facts(text)):
        at = _time(str(facts.get("timestamp", "")))
        level = str(facts.get("level", "info")).lower()
        if at is not None:
            return Line(at, source, level if level in LEVELS else "info", text, facts)
    elif found := POSTGRES.match(text):
        at = _time(found[1] + "+00:00")
        if at is not None:
            return Line(at, source, WORDS.get(found[2], "info"), text)
    elif found := VALKEY.match(text):
        at = datetime.strptime(found[1], "%d %b %Y %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()
        return Line(at, source, "warning" if found[2] == "#" else "info", text)
    level = WORDS[word[1]] if (word := HAPROXY.match(text)) else "info"
    return Line(before.at if before else otherwise, source, level, text)


def _facts(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None  # Cut short by a kill, or not ours.
    return found if isinstance(found, dict) else None


def time_of(raw: bytes) -> float | None:
    """Of a line that says it itself."""
    line = read("", raw, None, float("-inf"))
    return None if line.at == float("-inf") else line.at


def _time(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def harmless(text: str) -> str:
    return OBEYED.sub("\N{REPLACEMENT CHARACTER}", text)
