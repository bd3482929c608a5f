"""The counts of a web process (see `pulse`): who looks at an event's page, and whom a limit for one buyer refuses.

Where nobody has called `start`, as in a worker, nothing is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from fairgate.stock.pulse import Pulse

# The door tells how many asked for the page within a minute, with the few requests that it does not answer itself.
VIEWS_HEADER = "X-Page-Views"
MOST_DIGITS = 9

_pulses: list[Pulse] = []


def start() -> None:
    """In a process that serves."""
    if not _pulses:
        _pulses.append(Pulse(_connect))


def viewed(event: int, told: str) -> None:
    """As the door's header says; without the door nobody knows."""
    if _pulses and told.isascii() and told.isdigit() and len(told) <= MOST_DIGITS:
        _pulses[0].viewed(event, int(told))


def refused(hold: UUID, what: str) -> None:
    """Of an order for these places."""
    if not _pulses:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT event_id FROM stock_hold WHERE id = %s", [hold])
        found = cursor.fetchone()
    if found:
        _pulses[0].count(found[0], what)


@contextmanager
def _connect() -> Iterator[psycopg.Connection[Any]]:
    """One of Django's, given back each time: the thread that writes has one for a moment in a second."""
    connection.ensure_connection()
    try:
        yield connection.connection
    finally:
        connection.close()
