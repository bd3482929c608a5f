"""A keep-alive connection for a crowd: as little work per request as Python allows, since the crowd shares its machine
with all that it tries.
"""

from __future__ import annotations

import socket

CRLF = b"\r\n"
END = CRLF + CRLF


class Lost(Exception):
    """The answer did not come; what became of the request is unknown."""


class Wire:
    def __init__(self, port: int, timeout_s: float) -> None:
        self._address, self._timeout_s = ("127.0.0.1", port), timeout_s
        self._socket: socket.socket | None = None

    def ask(self, method: str, path: str, headers: str = "", body: bytes = b"") -> tuple[int, bytes]:
        """Status and body. Raises Lost."""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        try:
            if self._socket is None:
                self._socket = socket.create_connection(self._address, self._timeout_s)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(head.encode() + body)
            return self._answer(self._socket)
        except (OSError, ValueError) as error:
            self.close()
            raise Lost(type(error).__name__) from error

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _answer(self, connection: socket.socket) -> tuple[int, bytes]:
        received = _receive(connection, b"")
        while END not in received:
            received = _receive(connection, received)
        head, _, body = received.partition(END)
        names = head.lower()
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in names:
            body = _unchunked(connection, body)
        else:
            _, _, length = names.partition(b"content-length:")
            while len(body) < int(length.partition(CRLF)[0] or 0):
                body = _receive(connection, body)
        if b"connection: close" in names:
            self.close()
        return status, body


def _receive(connection: socket.socket, before: bytes) -> bytes:
    more = connection.recv(65536)
    if not more:
        raise ConnectionResetError
    return before + more


def _unchunked(connection: socket.socket, received: bytes) -> bytes:
    body = b""
    while True:
        while CRLF not in received:
            received = _receive(connection, received)
        size, _, received = received.partition(CRLF)
        length = int(size, 16)
        while len(received) < length + 2:
            received = _receive(connection, received)
        body, received = body + received[:length], received[length + 2 :]
        if length == 0:
            return body
