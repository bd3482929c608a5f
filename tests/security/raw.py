"""Bytes to the door as no decent program would send them."""

from __future__ import annotations

import socket
from contextlib import suppress

TIMEOUT_S = 20
CHUNK = 64 * 1024


class RawAnswer:
    def __init__(self, received: bytes) -> None:
        head, _, self.body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        # A connection that is closed without a word refuses too.
        self.status = int(first.split()[1]) if first.startswith("HTTP/") else 400
        self.headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]

    @property
    def header(self) -> dict[str, str]:
        return dict(self.headers)


def send(port: int, request: bytes, *more: bytes) -> RawAnswer:
    """The answer to the first request on a new connection, which is read to its end."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        # A refusal may come, and the connection go, before all is said.
        with suppress(ConnectionError):
            for part in (request, *more):
                connection.sendall(part)
        received = b""
        with suppress(ConnectionError):
            while part := connection.recv(CHUNK):
                received += part
        return RawAnswer(received)


def request(method: str, path: str, *headers: str, body: bytes = b"", length: bool = True) -> bytes:
    """HTTP/1.1 that asks for the connection to end; everything as it is given."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers]
    if length and (body or method not in ("GET", "HEAD")):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
