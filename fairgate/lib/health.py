"""Liveness, readiness and figures, answered on a process's own port and never through the door.

Readiness is local: a database that is down must not take every server out of the door at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from fairgate.lib import metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


METRICS = "/metrics"
PLAIN = "text/plain"


class WithHealth:
    """A WSGI app that answers /health/live, /health/ready and /metrics before the app inside sees them."""

    def __init__(self, app: WSGIApplication, is_ready: Callable[[], bool] = lambda: True) -> None:
        self._app = app
        self._is_ready = is_ready

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not is_ours(environ["PATH_INFO"]):
            return self._app(environ, start_response)
        status, kind, body = answer(environ["PATH_INFO"], self._is_ready)
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]


def is_ours(path: str) -> bool:
    return path.startswith("/health/") or path == METRICS


def answer(path: str, is_ready: Callable[[], bool]) -> tuple[str, str, bytes]:
    """Status, content type and body. To tell the figures takes some ms."""
    match path:
        case "/health/live":
            return "200 OK", PLAIN, b"ok"
        case "/health/ready":
            return ("200 OK", PLAIN, b"ok") if is_ready() else ("503 Service Unavailable", PLAIN, b"not ready")
        case _ if path == METRICS:
            return "200 OK", metrics.CONTENT_TYPE, metrics.text()
    return "404 Not Found", PLAIN, b"not found"


def serve(listen: str, is_ready: Callable[[], bool]) -> ThreadingHTTPServer:
    """Answer the same for a process that serves nothing else, from a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = answer(self.path, is_ready)
            code, _, reason = status.partition(" ")
            self.send_response(int(code), reason)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes are no news."""

    host, _, port = listen.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
