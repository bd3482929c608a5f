"""One rehearsal at a time: two would measure each other, and the second would take the first for left behind.

A lock that ends with its transaction, on a connection of its own: it is free again however the rehearsal ends, and also
where a pooler gives each transaction another connection. Nothing is read or written in it, so it holds up no clean-up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from fairgate.rehearsal.errors import NoDatabase, OneAtATime

LOCK = 0x72656865


@contextmanager
def turn(database_url: str) -> Iterator[None]:
    """Raises OneAtATime or NoDatabase."""
    try:
        connection = psycopg.connect(database_url, application_name="fairgate rehearse", connect_timeout=5)
    except psycopg.OperationalError as error:
        raise NoDatabase(error) from None
    with connection:
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        row = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK]).fetchone()
        if row is None or not row[0]:
            raise OneAtATime
        yield
        connection.rollback()
