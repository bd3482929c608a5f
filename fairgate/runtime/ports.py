"""Ports for the inner processes: below the kernel's ephemeral range, free, and ours alone.

Checking that a port is free is not enough. Between the check and the moment a child listens, another installation may
choose the same port, and since granian listens with SO_REUSEPORT both would then share it without an error. So each
port is also claimed through an abstract Unix socket of its name: exclusive on the machine, and gone with its holder.
"""

from __future__ import annotations

import contextlib
import json
import socket
import zlib
from collections.abc import Iterator

from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, read_json, write_private

# 32768 and above are handed out by the kernel to outgoing connections.
FIRST, LAST = 20000, 31999


class Ports:
    def __init__(self, installation: Installation) -> None:
        self._file = installation.run / "ports.json"
        self._remembered: dict[str, int] = dict(read_json(self._file, {}))
        self._claims: dict[str, tuple[int, socket.socket]] = {}
        self._start = FIRST + zlib.crc32(str(installation.root).encode()) % (LAST - FIRST)

    def of(self, name: str) -> int:
        """The port of this process: the same as last time where it is still free."""
        if name not in self._claims:
            self._claims[name] = self._claim(name)
            self._remembered[name] = self._claims[name][0]
            write_private(self._file, json.dumps(self._remembered))
        return self._claims[name][0]

    def release(self) -> None:
        for _, claim in self._claims.values():
            claim.close()
        self._claims.clear()

    def _claim(self, name: str) -> tuple[int, socket.socket]:
        for port in self._candidates(name):
            claim = _claim(port)
            if claim is not None:
                return port, claim
        raise CannotStart(f"No free port between {FIRST} and {LAST} for {name}; stop what uses them.")

    def _candidates(self, name: str) -> Iterator[int]:
        remembered = self._remembered.get(name)
        if isinstance(remembered, int) and FIRST <= remembered <= LAST:
            yield remembered
        for step in range(LAST - FIRST + 1):
            yield FIRST + (self._start - FIRST + step) % (LAST - FIRST + 1)


def _claim(port: int) -> socket.socket | None:
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        claim.bind(f"\0fairgate-port-{port}")
        if is_free(port):
            return claim
    except OSError:
        pass
    claim.close()
    return None


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        # As servers do, so that connections of a just ended one (TIME_WAIT) do not count as use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
