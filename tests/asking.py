"""A keep-alive connection through the door, with cookies kept as a browser keeps them."""

from __future__ import annotations

import http.client
import json
import time
from email.message import Message
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 30
# The door closes a connection that is idle for longer; see haproxy.cfg.j2.
IDLE_S = 5


class Answer:
    def __init__(self, status: int, headers: Message, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def problem(self) -> str:
        """The stable word of a problem's type."""
        return str(self.json["type"]).rpartition("/")[2].rpartition("#")[2].rpartition(":")[2]


class Client:
    """One person's connection: sequential, reopened when the other side has closed it. Lost answers are raised."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._port, self._host = port, host
        self._connection: http.client.HTTPConnection | None = None
        self._used_at = 0.0
        self.cookies: dict[tuple[str, str], str] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """A body as JSON. Header names are written with _ for -."""
        return self.ask("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})

    def submit(self, path: str, **fields: str) -> Answer:
        """A form, as a browser without scripts sends it."""
        return self.ask("POST", path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if cookie := self._cookie(path):
            sent.setdefault("Cookie", cookie)
        if time.monotonic() - self._used_at > IDLE_S:
            self.close()
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
        try:
            self._connection.request(method, path, body, sent)
            response = self._connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except BaseException:
            self.close()
            raise
        self._used_at = time.monotonic()
        if response.will_close:
            self.close()
        self._keep_cookies(answer)
        return answer

    def follow(self, answer: Answer) -> Answer:
        """The page that a redirect leads to."""
        while answer.status in (301, 302, 303):
            answer = self.get(answer.headers["Location"])
        return answer

    def _cookie(self, path: str) -> str:
        where = urlsplit(path).path
        return "; ".join(f"{name}={value}" for (name, below), value in self.cookies.items() if where.startswith(below))

    def _keep_cookies(self, answer: Answer) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel.value and morsel["max-age"] != "0":
                    self.cookies[name, morsel["path"] or "/"] = morsel.value
                else:
                    self.cookies.pop((name, morsel["path"] or "/"), None)
