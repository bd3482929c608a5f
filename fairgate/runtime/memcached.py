"""A Memcached for the cache alone, where it is wanted instead of Valkey. What it holds may vanish at any moment."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fairgate.runtime import probes, spawn
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation

MEMORY_MB = 64
CONNECTIONS = 1024
PORTS = {"memcached": 11211}
VALKEY_PORT = 6379
REACH_S = 2.0


@dataclass(frozen=True)
class Memcached:
    installation: Installation
    binary: Path
    port: int

    @property
    def url(self) -> str:
        return f"memcached://127.0.0.1:{self.port}"

    def launch(self) -> subprocess.Popen[bytes]:
        """It has no password: its values are sealed with ours (lib.cache.entries)."""
        words = ["-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-m", str(MEMORY_MB), "-c", str(CONNECTIONS)]
        return spawn.spawn(
            [self.binary, *words],
            env={"LC_ALL": "C", "TZ": "UTC"},
            cwd=Path("/"),
            log=self.installation.logs / "memcached.log",
            identity=_identity(),
        )

    async def answers(self) -> bool:
        return await probes.memcached_ready(self.port)


def check_reachable(url: str) -> None:
    """A cache that an operator names must be there at the start; later it may go and come back."""
    parts = urlsplit(url)
    if parts.scheme in ("local", "off"):
        return
    address = parts.hostname or "127.0.0.1", parts.port or PORTS.get(parts.scheme, VALKEY_PORT)
    try:
        socket.create_connection(address, timeout=REACH_S).close()
    except OSError as error:
        raise CannotStart(
            f"The cache at {address[0]}:{address[1]} cannot be reached ({error.strerror or error}); correct"
            " FAIRGATE_CACHE_URL, or set it to local:// to do without."
        ) from None


def _identity() -> spawn.Identity:
    """It refuses root."""
    if os.geteuid() != 0:
        return spawn.OURSELVES
    return spawn.MASKED if spawn.can_mask() else spawn.Identity(uid=spawn.UNPRIVILEGED, gid=spawn.UNPRIVILEGED)
