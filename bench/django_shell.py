"""Django in a process of its own, which stays: what a page costs there is not mixed with what asks for it."""

from __future__ import annotations

import json
import subprocess
from types import TracebackType
from typing import Any, Self

from stock_server import Database


class Shell:
    """Runs `code`, which says "ready" and then answers each line of JSON with one of its own."""

    def __init__(self, database: Database, code: str, **settings: str) -> None:
        self._process = subprocess.Popen(
            database.command("shell", "--no-imports", "--command", code),
            env=database.environment() | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        while self._line() != "ready":
            pass
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.communicate("")

    def ask(self, question: object) -> Any:
        self.tell(question)
        return self.hear()

    def tell(self, question: object) -> None:
        """Without waiting; `hear` has the answer."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(question) + "\n")

    def hear(self) -> Any:
        return json.loads(self._line())

    def _line(self) -> str:
        assert self._process.stdout
        while line := self._process.stdout.readline():
            if not line.startswith("{"):  # Its log.
                return line.strip()
        raise SystemExit("Django has ended.")
