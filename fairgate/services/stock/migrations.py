"""Whether the database has the functions that this process was written for: looked at once, before anything is sold."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import psycopg
from psycopg.errors import UndefinedTable

import fairgate.stock

APPLIED = "SELECT name FROM django_migrations WHERE app = 'stock'"
CONNECT_TIMEOUT_S = 3
BETWEEN_S = 0.5


class Migrations:
    """Until they are known to be right, nothing may be sold; when they are wrong, `refuse` is told why."""

    def __init__(self, database_url: str, refuse: Callable[[str], None]) -> None:
        self.are_right = False
        self.are_wrong = False
        self._database_url = database_url
        self._refuse = refuse

    def look(self) -> None:
        """Now if the database answers, else as soon as it does."""
        if not self._has_looked():
            threading.Thread(target=self._keep_looking, name="migrations", daemon=True).start()

    def _keep_looking(self) -> None:
        pause = threading.Event()
        while not self._has_looked():
            pause.wait(BETWEEN_S)

    def _has_looked(self) -> bool:
        try:
            with psycopg.connect(self._database_url, connect_timeout=CONNECT_TIMEOUT_S) as conn:
                wrong = difference(known(), applied(conn))
        except psycopg.OperationalError:
            return False
        if wrong:
            self.are_wrong = True
            self._refuse(wrong)
        else:
            self.are_right = True
        return True


def difference(known: Iterable[str], applied: Iterable[str]) -> str | None:
    """One sentence for the operator, unless they are the same."""
    if newer := sorted({*applied} - {*known}):
        return (
            f"The database has the migration stock.{newer[-1]}, which this version of Fairgate does not know;"
            " start the version that made it."
        )
    if missing := sorted({*known} - {*applied}):
        return (
            f"The database lacks the migration stock.{missing[-1]}; run `fairgate manage migrate`"
            " (`fairgate up` does it at its start) and start this process again."
        )
    return None


def known() -> list[str]:
    folder = Path(fairgate.stock.__path__[0]) / "migrations"
    return [path.stem for path in folder.glob("[0-9]*.py")]


def applied(conn: psycopg.Connection[tuple[str, ...]]) -> list[str]:
    try:
        return [name for (name,) in conn.execute(APPLIED)]
    except UndefinedTable:
        return []
