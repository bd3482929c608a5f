"""Which statements a request, a task or a batch has run, and how long each took: told when it was slow.

Texts with placeholders only. What was put into their places is people's and is never looked at.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self

import psycopg
from psycopg.abc import Params, Query
from psycopg.rows import Row

if TYPE_CHECKING:
    from fairgate.lib.traces import Span

# Kept of one request, and told of it: some build a text of its own for each length of a list.
MOST_TEXTS, MOST_TOLD, LONGEST_TEXT = 100, 10, 600
OTHERS = "(others)"


class Statements:
    __slots__ = ("_by_text", "count", "seconds", "span")

    def __init__(self, span: Span | None = None) -> None:
        """`span`: of what runs them, while it is traced."""
        self.span = span
        self.count = 0
        self.seconds = 0.0
        self._by_text: dict[str, tuple[int, float]] = {}

    def add(self, text: str, seconds: float) -> None:
        self.count += 1
        self.seconds += seconds
        if self.span is not None:
            self.span.add(text, seconds)
        if text not in self._by_text and len(self._by_text) >= MOST_TEXTS:
            text = OTHERS
        count, before = self._by_text.get(text, (0, 0.0))
        self._by_text[text] = (count + 1, before + seconds)

    def told(self) -> list[dict[str, object]]:
        """The slowest first, each text once."""
        slowest = sorted(self._by_text.items(), key=lambda known: -known[1][1])[:MOST_TOLD]
        return [
            {"sql": " ".join(text.split())[:LONGEST_TEXT], "count": count, "ms": round(seconds * 1000, 1)}
            for text, (count, seconds) in slowest
        ]


current: ContextVar[Statements | None] = ContextVar("statements", default=None)


class TimedCursor(psycopg.Cursor[Row]):
    """Of connections without Django, whose `core/statements.py` does the same."""

    def execute(self, query: Query, params: Params | None = None, **how: Any) -> Self:
        began = time.perf_counter()
        try:
            return super().execute(query, params, **how)  # type: ignore[arg-type]  # Templates are Python 3.14's.
        finally:
            self._note(query, began)

    def executemany(self, query: Query, params_seq: Iterable[Params], **how: Any) -> None:
        began = time.perf_counter()
        try:
            super().executemany(query, params_seq, **how)
        finally:
            self._note(query, began)

    def _note(self, query: Query, began: float) -> None:
        if (statements := current.get()) is not None:
            statements.add(query if isinstance(query, str) else type(query).__name__, time.perf_counter() - began)
