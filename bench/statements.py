"""How many SQL statements PostgreSQL is sent, counted by its own pg_stat_statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg
from installation import Target

MODULE = "pg_stat_statements"
TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "DISCARD", "SHOW")
# Written by nobody: PostgreSQL checks foreign keys so at COMMIT, and counts it like what it is sent.
KEY_CHECK = "SELECT 1 FROM ONLY"
# What the relay asks several times a second whether anybody buys or not.
POLLS = ("SELECT EXISTS (SELECT FROM outbox_message", "SELECT stock_expire_holds")


@dataclass
class Counted:
    """Calls by text: those for the buyers, those that open and close transactions, checks, those by the clock."""

    statements: dict[str, int] = field(default_factory=dict)
    transactions: dict[str, int] = field(default_factory=dict)
    key_checks: dict[str, int] = field(default_factory=dict)
    polls: dict[str, int] = field(default_factory=dict)

    def per(self, purchases: int) -> dict[str, float]:
        """Polls are left out: they are a matter of seconds, not of purchases."""
        groups = {
            "statements": self.statements,
            "transaction control": self.transactions,
            "key checks": self.key_checks,
        }
        found = {name: sum(calls.values()) / purchases for name, calls in groups.items()}
        return found | {"sum": sum(found.values())}


def prepare(target: Target) -> None:
    """Load the module at the next start; the installation must be down."""
    with (target.data / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write(f"shared_preload_libraries = '{MODULE}'\n{MODULE}.track = 'top'\n")


@contextmanager
def counting(target: Target) -> Iterator[Counted]:
    """Filled when the block ends."""
    counted = Counted()
    with psycopg.connect(_admin_url(target), autocommit=True) as database:
        database.execute(f"CREATE EXTENSION IF NOT EXISTS {MODULE}")
        database.execute(f"SELECT {MODULE}_reset()")
        yield counted
        rows = database.execute(
            f"SELECT query, calls FROM {MODULE} WHERE userid <> current_user::regrole::oid ORDER BY calls DESC, query"
        ).fetchall()
    for query, calls in rows:
        text = " ".join(query.split())
        kind = counted.statements
        if text.upper().startswith(TRANSACTIONS):
            kind = counted.transactions
        elif text.startswith(KEY_CHECK):
            kind = counted.key_checks
        elif text.startswith(POLLS):
            kind = counted.polls
        kind[text] = kind.get(text, 0) + calls


def _admin_url(target: Target) -> str:
    """The application's own user sees no other session's statements."""
    parts = urlsplit(target.database_url())
    return parts._replace(netloc=f"postgres:{target.admin_password()}@{parts.hostname}:{parts.port}").geturl()
