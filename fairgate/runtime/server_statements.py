"""What each statement costs, counted by PostgreSQL itself with pg_stat_statements: for `fairgate doctor` and for you.

Texts come with placeholders. What is no query is left out: `ALTER ROLE … PASSWORD` would be kept as it is.
"""

from __future__ import annotations

from contextlib import suppress

from fairgate.runtime.errors import CannotStart
from fairgate.runtime.server import DATABASE, Server

CREATE = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"
# Fails unless the server has loaded it.
LOOK = "SELECT FROM pg_stat_statements LIMIT 1"


def create(server: Server) -> None:
    """In a server of ours, whose programs may have come without it."""
    if server.counts_statements():
        with suppress(CannotStart):
            server.ask_as_admin(CREATE, database=DATABASE)


def create_elsewhere(url: str) -> None:
    """In the operator's, if it may and can be; else nothing is changed, and only the doctor knows less."""
    import psycopg  # the supervisor, which knows this module too, does without

    with suppress(psycopg.Error), psycopg.connect(url, connect_timeout=10) as connection:
        connection.execute(CREATE)
        connection.execute(LOOK)
