"""Liveness and readiness, answered on a process's own port and never through the door.

Readiness is local: a database that is down must not take every server out of the door at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class WithHealth:
    """A WSGI app that answers /health/live and /health/ready before the app inside sees them."""

    def __init__(self, app: WSGIApplication, is_ready: Callable[[], bool] = lambda: True) -> None:
        self._app = app
        self._is_ready = is_ready

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith("/health/"):
            return self._app(environ, start_response)
        status, body = answer(environ["PATH_INFO"], self._is_ready)
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]


def answer(path: str, is_ready: Callable[[], bool]) -> tuple[str, bytes]:
    if path == "/health/live":
        return "200 OK", b"ok"
    if path == "/health/ready":
        return ("200 OK", b"ok") if is_ready() else ("503 Service Unavailable", b"not ready")
    return "404 Not Found", b"not found"


def serve(listen: str, is_ready: Callable[[], bool]) -> ThreadingHTTPServer:
    """Answer health requests of a process that serves nothing else, from a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self.path, is_ready)
            code, _, reason = status.partition(" ")
            self.send_response(int(code), reason)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes are no news."""

    host, _, port = listen.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
