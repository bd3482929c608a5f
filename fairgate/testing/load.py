"""Steady load on a door: clients that keep their connections and ask one thing after another."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from types import TracebackType

TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Question:
    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Asked:
    """Began and ended by time.monotonic(). Without an answer the status is 0, and `error` says why."""

    question: Question
    began: float
    ended: float
    status: int
    request_id: str = ""
    error: str = ""

    @property
    def has_failed(self) -> bool:
        return self.status == 0 or self.status >= 500


class Load:
    """From the start of the block to its end; what was asked is complete only then."""

    def __init__(
        self,
        port: int,
        questions: Sequence[Question],
        clients: int = 8,
        pause_s: float = 0.02,
        host: str = "127.0.0.1",
    ) -> None:
        self.asked: list[Asked] = []
        self._port, self._questions, self._pause_s, self._host = port, questions, pause_s, host
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    @property
    def failed(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.has_failed]

    def _work(self, number: int) -> None:
        connection = HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
        for question in itertools.islice(itertools.cycle(self._questions), number, None):
            if self._is_over.wait(self._pause_s):
                break
            self.asked.append(_ask(connection, question))
        connection.close()


def _ask(connection: HTTPConnection, question: Question) -> Asked:
    began = time.monotonic()
    try:
        connection.request(question.method, question.path, question.body, dict(question.headers))
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException) as error:
        connection.close()
        return Asked(question, began, time.monotonic(), 0, error=repr(error))
    return Asked(question, began, time.monotonic(), answer.status, answer.headers.get("X-Request-Id", ""))
