"""The installation that all these tests share, seen from outside: its door, database, mail and logs."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg

from fairgate.lib.tests.otlp import Receiver
from fairgate.runtime.tests.running import Running
from fairgate.testing.waiting import wait_until

DRAIN_S = 90


class Installed:
    def __init__(self, running: Running, traces: Receiver | None = None) -> None:
        self.running, self.traces = running, traces or Receiver(0)
        self.port = running.port
        self.url = f"http://127.0.0.1:{running.port}"
        self._environment = json.loads((running.data / "run/environment").read_text())

    @property
    def data(self) -> Path:
        return self.running.data

    @property
    def secret_key(self) -> str:
        return str(self._environment["FAIRGATE_SECRET_KEY"])

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self._environment["FAIRGATE_DATABASE_URL"], autocommit=True) as connection:
            yield connection

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.database() as connection:
            return connection.execute(query, parameters).fetchall()

    def run(self, statement: str, *parameters: Any) -> None:
        with self.database() as connection:
            connection.execute(statement, parameters)

    def value(self, query: str, *parameters: Any) -> Any:
        ((value,),) = self.rows(query, *parameters)
        return value

    def drain(self) -> None:
        """Wait until every effect has happened."""
        waiting = "SELECT count(*) FROM outbox_message WHERE done_at IS NULL"
        wait_until(lambda: self.value(waiting) == 0, DRAIN_S, "the outbox did not drain")

    def mails(self, to: str = "") -> list[EmailMessage]:
        """The mails in the folder, oldest first; those to one person when named."""
        files = sorted((self.data / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        found = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]
        return [mail for mail in found if isinstance(mail, EmailMessage) and to in (mail["To"] or "")]

    def mail_to(self, to: str, subject: str = "") -> EmailMessage:
        """The one mail to this person whose subject has these words, once it has come."""

        def found() -> list[EmailMessage]:
            return [mail for mail in self.mails(to) if subject in mail["Subject"]]

        wait_until(found, 30, f"no mail came to {to}")
        (mail,) = found()
        return mail

    def audit(self) -> tuple[int, Any]:
        asked = self.running.command("audit", "--json")
        return asked.returncode, json.loads(asked.stdout or "{}")

    def logs(self) -> dict[str, str]:
        return {path.name: path.read_text(errors="replace") for path in (self.data / "logs").glob("*.log")}

    def log_lines(self) -> list[dict[str, Any]]:
        """Every JSON line of every log."""
        lines = [line for log in self.logs().values() for line in log.splitlines() if line.startswith("{")]
        return [json.loads(line) for line in lines]


NO_DIFFERENCES = (0, {"differences": 0, "found": []})
