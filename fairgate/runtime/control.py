"""Talking to a running supervisor: one JSON object a line over a socket that only its owner reaches."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

from fairgate.runtime.errors import CannotStart, NotRunning
from fairgate.runtime.installation import Installation

if TYPE_CHECKING:
    import asyncio

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@contextlib.contextmanager
def _address(installation: Installation) -> Iterator[str]:
    """By way of /proc: a Unix socket's address may have no more than 107 characters, and a folder's path often has."""
    folder = os.open(installation.run, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/control.sock"
    finally:
        os.close(folder)


async def serve(installation: Installation, handle: Handler) -> asyncio.Server:
    import asyncio  # who asks does without

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await handle(json.loads(await reader.readline()))
        except CannotStart as error:
            answer = {"error": str(error)}
        except ValueError:
            answer = {"error": "The question was no JSON object."}
        with contextlib.suppress(ConnectionError):
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    (installation.run / "control.sock").unlink(missing_ok=True)
    with _address(installation) as path:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
    return await asyncio.start_unix_server(talk, sock=listener)


def ask(installation: Installation, question: dict[str, Any], timeout_s: float = 120) -> dict[str, Any]:
    """The supervisor's answer; raises NotRunning when nobody is there and CannotStart with its refusal."""
    not_running = NotRunning(
        f"No Fairgate runs in {installation.root}; start it with `fairgate up --data {installation.root}`."
    )
    if not installation.is_held():
        raise not_running
    try:
        with _address(installation) as path, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout_s)
            connection.connect(path)
            connection.sendall(json.dumps(question).encode() + b"\n")
            with connection.makefile() as lines:
                answer = json.loads(lines.readline() or "{}")
    except TimeoutError:
        raise CannotStart(f"The Fairgate in {installation.root} does not answer; see {installation.logs}.") from None
    except (OSError, ValueError):
        raise not_running from None
    if "error" in answer:
        raise CannotStart(answer["error"])
    return dict(answer)
