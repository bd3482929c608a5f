"""What runs a statement, and what its answer is worth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg


class Executor(Protocol):
    """A psycopg connection in a service, a cursor of Django's in the core."""

    def execute(self, query: Any, params: Any = None) -> Any: ...


class WaitCanceled(psycopg.OperationalError):
    """What was committed may be lost with the primary; whoever asks again under the same key waits again."""


@contextmanager
def answered_by_standby(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Raise WaitCanceled at the end of the block if a commit in it stopped waiting for a synchronous standby.

    When such a wait is canceled, by an operator or a timeout, PostgreSQL answers as if all were well and only warns.
    The warning has no code of its own and its words may be in any language, but it names the function it comes from.
    """
    canceled: list[str] = []

    def note(notice: psycopg.errors.Diagnostic) -> None:
        if notice.source_function == "SyncRepWaitForLSN":
            canceled.append(notice.message_primary or "")

    conn.add_notice_handler(note)
    try:
        yield
    finally:
        conn.remove_notice_handler(note)
    if canceled:
        raise WaitCanceled(canceled[0])
