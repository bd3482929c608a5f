"""Asking over HTTP."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any


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
