"""Asking over HTTP, waiting, and a port to do it on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

from fairgate.runtime.ports import is_free


def free_port() -> int:
    """Below the ephemeral range, where a test's own connections come from."""
    start = 15000 + os.getpid() % 3000
    return next(port for port in range(start, 20000) if is_free(port))


def wait_until(is_so: Callable[[], object], seconds: float = 30, why: str = "") -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, why or "it did not happen in time"
        time.sleep(0.05)


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(port: int, path: str = "/", method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """Header names are written with _ for -."""
    connection = HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, names, answer.read())
    finally:
        connection.close()
