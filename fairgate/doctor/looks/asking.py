"""Connections that ask the database about itself: briefly, read-only, and content with what they may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg.rows import dict_row

from fairgate.runtime.installation import Installation, read_json
from fairgate.runtime.server import ADMIN, DATABASE

NAME = "fairgate doctor"
CONNECT_S = 2
OPTIONS = "-c statement_timeout=1500 -c lock_timeout=500 -c default_transaction_read_only=on -c jit=off"

WHY = {
    "55P03": "somebody holds a lock on them",
    "57014": "the database took too long to tell",
    "42501": "the application's role may not see that",
    "42P01": "there is none in this database",
}

Connection = psycopg.Connection[dict[str, Any]]
Row = dict[str, Any]


class Asked:
    """One connection; what it may not see, or not in time, is left out and remembered."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.not_seen: list[str] = []

    def rows(self, what: str, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        try:
            return self.connection.execute(sql.encode(), parameters).fetchall()
        except psycopg.errors.AdminShutdown:
            raise
        except psycopg.OperationalError as error:
            if self.connection.closed:
                raise
            self.not_seen.append(f"{what} ({why(error)})")
        except psycopg.Error as error:
            self.not_seen.append(f"{what} ({why(error)})")
        return []

    def row(self, what: str, sql: str, parameters: Mapping[str, Any] | None = None) -> Row:
        return next(iter(self.rows(what, sql, parameters)), {})


def why(error: psycopg.Error) -> str:
    """In an operator's words, where they are known."""
    return WHY.get(error.sqlstate or "", type(error).__name__)


def connect(url: str) -> Connection:
    return psycopg.connect(
        url,
        autocommit=True,
        row_factory=dict_row,
        application_name=NAME,
        connect_timeout=CONNECT_S,
        tcp_user_timeout=3000,
        options=OPTIONS,
        prepare_threshold=None,
    )


def own_ports(installation: Installation) -> dict[str, int]:
    """Of the PostgreSQLs that `fairgate up` runs in this folder, whether they answer or not."""
    ports = read_json(installation.run / "ports.json", {})
    return {name: int(port) for name, port in ports.items() if name == "postgres" or name.startswith("standby-")}


def admin_url(installation: Installation, port: int) -> str | None:
    """Of a server of ours, whose administrator sees what the application may not."""
    if port not in own_ports(installation).values():
        return None
    try:
        password = (installation.secrets / "database_admin_password").read_text().strip()
    except OSError:
        return None
    return f"postgresql://{ADMIN}:{quote(password, safe='')}@127.0.0.1:{port}/{DATABASE}"
