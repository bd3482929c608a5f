"""A Valkey or a Memcached of a test's own, which it may kill."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fairgate.lib.cache.connect import store
from fairgate.lib.cache.far import Store
from fairgate.runtime import binaries
from fairgate.testing.waiting import free_port, wait_until

MEMCACHED = "memcached is not installed (Debian: apt-get install memcached); what needs it is left out."


@dataclass
class CacheServer:
    kind: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self.kind}://127.0.0.1:{self.port}"

    @property
    def store(self) -> Store:
        return store(self.url)

    def start(self) -> None:
        self.process = subprocess.Popen(self._command(), stdout=subprocess.DEVNULL, cwd="/")
        wait_until(self.answers)

    def answers(self) -> bool:
        with suppress(*self.store.errors):
            return self.store.read(["anything"]) == [None]
        return False

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def flush(self) -> None:
        self.kill()
        self.start()

    def _command(self) -> list[str | Path]:
        if self.kind == "valkey":
            return [binaries.valkey(os.environ), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        return ["memcached", "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", *user]


def serve(kind: str) -> Iterator[CacheServer]:
    """For a fixture. Without a memcached on this machine the test is skipped."""
    if kind == "memcached" and shutil.which("memcached") is None:
        pytest.skip(MEMCACHED)
    server = CacheServer(kind)
    server.start()
    yield server
    server.kill()
