"""Lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from fairgate.runtime.logs_lines import Line, harmless, stamp

STYLES = {"debug": "dim", "info": "", "warning": "yellow", "error": "red", "critical": "bold red"}
# Told by the columns, or too long for them.
KNOWN = frozenset({
    "timestamp", "level", "service", "event", "method", "route", "status", "ms", "request_id", "request_ids",
    "statements", "where",
})  # fmt: skip


def line(one: Line, console: Console) -> None:
    text = f"{stamp(one.at)[:-4]}Z  {one.source:<12} {_said(one)}"
    if request_id := one.facts.get("request_id"):
        text += f"  {harmless(str(request_id))}"
    _print(text, one.level, console)
    _details(one, console)


def story(asked: str, requests: Sequence[str], lines: Sequence[Line], console: Console) -> None:
    """Request by request; each line with the time from its request's beginning to where what it tells began."""
    by_request: dict[str, list[Line]] = {}
    for one in lines:
        by_request.setdefault(one.of(requests), []).append(one)
    for request, its in by_request.items():
        first = its[0]
        same = "" if request == asked else ", of the same purchase"
        _print(f"Request {request}, {stamp(first.began)}{same}", "info", console)
        for one in its:
            _print(f"{(one.began - first.began) * 1000:>10.1f} ms  {one.source:<12} {_said(one)}", one.level, console)
            _details(one, console)


def _said(one: Line) -> str:
    facts = one.facts
    if not facts:
        return harmless(one.text)
    words = [facts.get("event"), facts.get("method"), facts.get("route"), facts.get("status") or None]
    took = f"{facts['ms']} ms" if "ms" in facts else None
    more = [f"{name}={_value(value)}" for name, value in facts.items() if name not in KNOWN and value not in ("", None)]
    return harmless("  ".join(str(word) for word in (*words, took, *more) if word not in ("", None)))


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _details(one: Line, console: Console) -> None:
    for statement in one.facts.get("statements", ()):
        told = f"{statement.get('ms')} ms in {statement.get('count')}: {statement.get('sql')}"
        _print(f"{'':<29}{harmless(told)}", one.level, console)
    for place in one.facts.get("where", ()):
        _print(f"{'':<29}{harmless(str(place))}", one.level, console)


def _print(text: str, level: str, console: Console) -> None:
    """To a file as fast as it goes: a log may have millions of lines."""
    if console.is_terminal:
        console.print(Text(text, STYLES[level]), soft_wrap=True)
    else:
        console.file.write(text + "\n")
