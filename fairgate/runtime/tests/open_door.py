"""HAProxy as `fairgate up` starts it, before servers that say what they were asked."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from fairgate.runtime import binaries
from fairgate.runtime.door import Door, listen
from fairgate.runtime.installation import Installation
from fairgate.runtime.tests.asking import Answer, ask
from fairgate.testing.waiting import free_port, wait_until


class Server:
    """Says what reached it; the request's X-Answer header tells which headers to answer with."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: list[dict[str, Any]] = []
        # Closed, every request waits inside.
        self.is_open = threading.Event()
        self.is_open.set()
        self.visitors = 0
        numbers = count(1)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(handler) -> None:
                length = int(handler.headers.get("Content-Length") or 0)
                body = handler.rfile.read(length) if length else b""
                if handler.path == "/health/ready":
                    return handler.say(200, {}, b"ok")
                self.visitors += 1
                self.is_open.wait()
                wish = json.loads(handler.headers.get("X-Answer") or "{}")
                headers = {name.lower(): value for name, value in handler.headers.items()}
                seen = {
                    "server": self.name,
                    "path": handler.path,
                    "headers": headers,
                    "number": next(numbers),
                    "size": len(body),
                }
                self.seen.append(seen)
                if wish.pop("hangs_up", False):
                    handler.close_connection = True
                    return None
                return handler.say(wish.pop("status", 200), wish, json.dumps(seen).encode())

            def say(handler, status: int, headers: dict[str, str], body: bytes) -> None:
                handler.send_response(status)
                for header, value in {**headers, "Content-Length": str(len(body))}.items():
                    handler.send_header(header, value)
                handler.end_headers()
                handler.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Listener(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """HAProxy ends its health checks with a reset."""

        self._server = Listener(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class OpenDoor:
    """HAProxy as `fairgate up` starts it, before one server of each kind."""

    def __init__(
        self,
        root: Path,
        certificate: Path | None = None,
        trusted_proxies: tuple[str, ...] = (),
        web: int = 8,
        **more: Any,
    ) -> None:
        """`web`: how many requests it gets at a time by one way; `more` is the Door's."""
        self.installation = Installation(root)
        self.installation.create_folders()
        self.servers = {kind: Server(kind) for kind in ("web", "stock", "gate")}
        self.port = free_port()
        self.door = Door(
            self.installation,
            binaries.haproxy(os.environ),
            listen("127.0.0.1", self.port),
            certificate,
            trusted_proxies,
            {"web": web, "stock": 256, "gate": 8},
            free_port(),
            **more,
        )
        for kind, server in self.servers.items():
            self.door.servers.ports[kind][0] = server.port
        self.door.check()
        self.haproxy = self.door.launch()
        if certificate is None:
            wait_until(lambda: ask(self.port, "/health/ready").status == 200)

    def ask(self, path: str = "/", method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        return ask(self.port, path, method, body, **headers)

    def waiting(self, backend: str) -> int:
        """How many requests wait in the door for a server."""
        said = asyncio.run(self.door.servers.tell(["show stat"]))
        rows = csv.DictReader(said.splitlines())
        return sum(int(row["qcur"]) for row in rows if row["# pxname"] == backend and row["svname"] == "BACKEND")

    @property
    def log(self) -> str:
        return (self.installation.logs / "door.log").read_text()

    def close(self) -> None:
        self.haproxy.kill()
        self.haproxy.wait()
        self.door.listener.close()
        for server in self.servers.values():
            server.stop()


@pytest.fixture
def fresh_door(tmp_path: Path) -> Iterator[Callable[..., OpenDoor]]:
    opened: list[OpenDoor] = []

    def open_door(**options: Any) -> OpenDoor:
        opened.append(OpenDoor(tmp_path / f"door{len(opened)}", **options))
        return opened[-1]

    yield open_door
    for one in opened:
        one.close()
