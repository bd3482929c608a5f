"""A WSGI app under an ASGI server, for services whose answers are small and whole.

The event loop reads the body, a thread runs the app, the loop sends what came of it: one hand-over each way. Libraries
for the same purpose (asgiref, a2wsgi) also stream, and hand each part of an answer over on its own, which costs several
times as much. By the ASGI specification, version 3, HTTP 2.3, and PEP 3333.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

SPELLED = {"content-length": "CONTENT_LENGTH", "content-type": "CONTENT_TYPE"}


class Disconnected(Exception):
    """The client has gone before its request was whole."""


class _Answer(NamedTuple):
    status: int
    headers: Sequence[Header]
    body: bytes


class WsgiInThreads:
    def __init__(self, app: WSGIApplication, threads: Executor, most: int) -> None:
        """`most` bytes of a body and one more are read: enough for the app to see that it is too large."""
        self._app = app
        self._threads = threads
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.answer(environ_of(scope, await read_body(scope, receive, self._most)), send)

    async def answer(self, environ: WSGIEnvironment, send: Send) -> None:
        answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._run, environ)
        await respond(send, answer.status, answer.headers, answer.body)

    def _run(self, environ: WSGIEnvironment) -> _Answer:
        status = 0
        headers: list[Header] = []

        def start(line: str, given: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], object]:
            nonlocal status
            status = int(line[:3])
            headers[:] = encoded(given)
            return written.append

        written: list[bytes] = []
        parts = self._app(environ, start)
        try:
            body = b"".join([*parts, *written])
        finally:
            if close := getattr(parts, "close", None):
                close()
        return _Answer(status, headers, body)


def encoded(headers: Sequence[tuple[str, str]]) -> list[Header]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def header(scope: Scope, name: bytes) -> str | None:
    """`name` in small letters."""
    for one, value in scope["headers"]:
        if one == name:
            text: str = value.decode("latin-1")
            return text
    return None


async def read_body(scope: Scope, receive: Receive, most: int) -> bytes:
    """At most one byte more than `most`. Raises Disconnected."""
    declared = header(scope, b"content-length")
    if declared is None and header(scope, b"transfer-encoding") is None:
        return b""
    wanted = min(int(declared), most + 1) if declared and declared.isdigit() else most + 1
    raw = b""
    while len(raw) < wanted:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        raw += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return raw[:wanted]


async def respond(send: Send, status: int, headers: Sequence[Header], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def environ_of(scope: Scope, raw: bytes) -> WSGIEnvironment:
    """A request whose body has been read."""
    host, port = scope.get("server") or ("localhost", 0)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(raw),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for one, value in scope["headers"]:
        name = one.decode("latin-1")
        key = SPELLED.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ
