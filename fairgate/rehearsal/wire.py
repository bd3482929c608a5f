"""One buyer's connection to the door: bytes out, a whole answer back, never waiting. No Django."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

READ = 262_144
CHUNKED = -2
UNKNOWN = -1
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Address:
    """Where the door is, and the name by which buyers ask for it. With TLS it must prove that name, unless it is on
    this machine, where nobody stands between."""

    host: str
    port: int
    name: str
    is_tls: bool = False
    is_own: bool = True
    # A proxy before the door speaks TLS with buyers. They come as from there, which a door that trusts them believes.
    is_behind_tls: bool = False

    @property
    def origin(self) -> str:
        return f"{'https' if self.is_tls or self.is_behind_tls else 'http'}://{self.name}"

    @property
    def headers(self) -> dict[str, str]:
        """What each request says of it."""
        proxied = {"X-Forwarded-Proto": "https"} if self.is_behind_tls else {}
        return {"Host": self.name, "User-Agent": "fairgate-rehearsal", **proxied}

    @property
    def hostname(self) -> str:
        """The name that it must prove."""
        return urlsplit(self.origin).hostname or ""

    def context(self) -> ssl.SSLContext | None:
        if not self.is_tls:
            return None
        context = ssl.create_default_context()
        if self.is_own:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


@dataclass(slots=True)
class Answer:
    """Status 0: there was none."""

    status: int
    head: bytes = b""
    body: bytes = b""

    def header(self, name: bytes) -> str:
        return next(iter(self.headers(name)), "")

    def headers(self, name: bytes) -> list[str]:
        """By its name in lower case."""
        wanted, length = name + b":", len(name) + 1
        lines = self.head.split(b"\r\n")
        return [line[length:].strip().decode("latin-1") for line in lines if line[:length].lower() == wanted]


@dataclass(slots=True)
class Wire:
    """`is_used`: it has answered before, so that the door may have ended it since, as it does with who is silent."""

    socket: socket.socket
    number: int
    is_open: bool = False
    is_used: bool = False
    _come: list[bytes] = field(default_factory=list)
    _size: int = 0
    _end: int = 0
    _needs: int = UNKNOWN

    def secure(self, address: Address, context: ssl.SSLContext) -> None:
        """Once it is there. The number stays the same."""
        self.socket = context.wrap_socket(self.socket, server_hostname=address.hostname, do_handshake_on_connect=False)

    def send(self, request: bytes) -> None:
        """Requests are far smaller than the buffer of a connection that has nothing else to say."""
        self._come, self._size, self._needs = [], 0, UNKNOWN
        self.socket.sendall(request)

    def read(self) -> Answer | None:
        """The answer once it is whole. Raises OSError when the connection ended before."""
        while True:
            try:
                part = self.socket.recv(READ)
            except (BlockingIOError, ssl.SSLWantReadError):
                return None
            if not part:
                raise ConnectionResetError
            self._come.append(part)
            self._size += len(part)
            if self._is_whole():
                return self._take()

    def _is_whole(self) -> bool:
        if self._needs == UNKNOWN:
            whole = b"".join(self._come)
            self._end = whole.find(b"\r\n\r\n")
            if self._end < 0:
                return False
            self._needs = length_of_body(whole[: self._end].lower())
            self._come = [whole]
        if self._needs == CHUNKED:
            return b"".join(self._come[-2:]).endswith(LAST_CHUNK)
        return self._size >= self._end + 4 + self._needs

    def _take(self) -> Answer:
        whole = b"".join(self._come)
        self.is_used = True
        return Answer(int(whole[9:12]), whole[: self._end], whole[self._end + 4 :])


def length_of_body(head: bytes) -> int:
    """By the lines before it, in lower case."""
    start = head.find(b"\r\ncontent-length:")
    if start >= 0:
        end = head.find(b"\r\n", start + 2)
        return int(head[start + 17 : end if end >= 0 else len(head)])
    return CHUNKED if b"\r\ntransfer-encoding: chunked" in head else 0


def connect(address: Address) -> Wire:
    """On its way; the first sign that it can be written to tells that it is there, or failed."""
    connection = socket.socket(socket.AF_INET6 if ":" in address.host else socket.AF_INET, socket.SOCK_STREAM)
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.connect_ex((address.host, address.port))
    return Wire(connection, connection.fileno())
