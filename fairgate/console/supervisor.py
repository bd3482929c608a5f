"""The processes of this installation, as its supervisor tells them, if this process runs under one.

One JSON object a line over the installation's control socket, which only its owner reaches.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# It asks each process in turn whether it answers.
PATIENCE_S = 4.0


@dataclass(frozen=True)
class ProcessNow:
    name: str
    index: int
    pid: int | None
    state: str
    restarts: int

    @property
    def is_well(self) -> bool:
        return self.state == "ready"


def processes_of(data_dir: Path) -> list[ProcessNow] | None:
    """None: no supervisor answers here, as on a host of its own or in a container."""
    try:
        told = _ask(data_dir / "run", {"do": "status"})
        return [
            ProcessNow(one["name"], one["index"], one["pid"], one["state"], one["restarts"])
            for one in told["processes"]
        ]
    except (OSError, ValueError, KeyError):
        return None


def _ask(folder: Path, question: dict[str, str]) -> dict[str, Any]:
    with _address(folder) as path, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as talk:
        talk.settimeout(PATIENCE_S)
        talk.connect(path)
        talk.sendall(json.dumps(question).encode() + b"\n")
        with talk.makefile() as lines:
            return dict(json.loads(lines.readline() or "{}"))


@contextmanager
def _address(folder: Path) -> Iterator[str]:
    """By way of /proc: a socket's address may have no more than 107 characters, and a folder's path often has."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{opened}/control.sock"
    finally:
        os.close(opened)
