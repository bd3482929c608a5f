"""Real questions to a process: only an answer makes it ready, not a port that listens."""

from __future__ import annotations

import asyncio
import contextlib

TIMEOUT_S = 1.0


async def http_ready(port: int, host: str = "127.0.0.1", path: str = "/health/ready", *, tls: bool = False) -> bool:
    # One write: granian answers nothing to a request line that waits for its headers.
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    answer = await _ask(host, port, request, tls=tls)
    return answer.startswith(b"HTTP/1.1 200") or answer.startswith(b"HTTP/1.0 200")


async def valkey_ready(port: int, password: str) -> bool:
    """PING counts only when the data set is in memory: until then Valkey answers LOADING."""
    request = f"AUTH {password}\r\nPING\r\n".encode()
    return b"+PONG" in await _ask("127.0.0.1", port, request, until=b"PONG")


async def memcached_ready(port: int) -> bool:
    return (await _ask("127.0.0.1", port, b"version\r\n")).startswith(b"VERSION")


async def _ask(host: str, port: int, request: bytes, *, until: bytes = b"\r\n", tls: bool = False) -> bytes:
    answer = b""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, port, ssl=_unverified() if tls else None)
            try:
                writer.write(request)
                while until not in answer:
                    chunk = await reader.read(1024)
                    if not chunk:
                        break
                    answer += chunk
            finally:
                writer.close()
    return answer


def _unverified() -> object:
    import ssl  # only a door with TLS needs it

    context = ssl.create_default_context()
    # The question is whether our own door answers; its certificate names the public host, not 127.0.0.1.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
