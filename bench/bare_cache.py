"""A HAProxy that keeps one answer and does nothing else: what there is to reach."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fairgate.runtime import binaries
from fairgate.runtime.ports import is_free
from fairgate.testing.waiting import free_port, wait_until

KEPT_S = 600
CONFIGURATION = f"""
global
    nbthread {{threads}}
defaults
    mode http
    timeout client 15s
    timeout connect 1s
    timeout server 15s
cache one
    total-max-size 4
    max-object-size 1048576
    max-age {KEPT_S}
    process-vary on
frontend bare
    bind 127.0.0.1:{{port}}
    http-request cache-use one
    http-response set-header Cache-Control "public, max-age={KEPT_S}"
    http-response cache-store one
    default_backend answers
backend answers
    server one 127.0.0.1:{{server}}
"""


@dataclass(frozen=True)
class Bare:
    port: int
    pid: int


@contextlib.contextmanager
def opened(answer: bytes) -> Iterator[Bare]:
    """With as many threads as the door has."""
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryDirectory() as folder:
        threading.Thread(target=_answer, args=(server, answer), daemon=True).start()
        configuration = Path(folder) / "bare.cfg"
        threads = min(len(os.sched_getaffinity(0)), 4)
        configuration.write_text(CONFIGURATION.format(threads=threads, port=port, server=server.getsockname()[1]))
        haproxy = subprocess.Popen([binaries.haproxy(os.environ), "-db", "-f", configuration])
        try:
            wait_until(lambda: not is_free(port), 10)
            yield Bare(port, haproxy.pid)
        finally:
            haproxy.kill()
            haproxy.wait()


def _answer(server: socket.socket, answer: bytes) -> None:
    """Whatever is asked; once or twice, as all else is kept."""
    with contextlib.suppress(OSError):
        while True:
            connection, _address = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
