"""An ASGI app where a test's WSGI client can ask it: on an event loop of its own, in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from werkzeug.datastructures import Headers

from http import HTTPStatus

from werkzeug.wrappers import Request

ANSWER_S = 60


class OnLoop:
    def __init__(self, app: Any) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        sent: list[MutableMapping[str, Any]] = []
        asking = self._ask(_scope(request), request.get_data(), sent)
        asyncio.run_coroutine_threadsafe(asking, self._loop).result(ANSWER_S)
        start, *parts = sent
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
        start_response(f"{start['status']} {HTTPStatus(start['status']).phrase}", headers)
        return [part["body"] for part in parts]

    async def _ask(self, scope: dict[str, Any], raw: bytes, sent: list[MutableMapping[str, Any]]) -> None:
        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self._app(scope, receive, send)


def _scope(request: Request) -> dict[str, Any]:
    raw_path = request.environ.get("REQUEST_URI", request.path).partition("?")[0]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": raw_path.encode("ascii"),
        "query_string": request.query_string,
        "headers": _raw(request.headers),
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 50_000),
    }


def _raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
