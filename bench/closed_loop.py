"""Clients that ask for one page again and again, each as soon as it has its answer; from a process of their own."""

from __future__ import annotations

import os
import select
import socket
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import report

WARM_UP_S = 1.0
# A process with a quarter of a core stands still for most of the time, and what waited too long meanwhile is refused.
PAGES_AT_LEAST = 0.995


@dataclass
class Answers:
    seconds: float
    statuses: Counter[int] = field(default_factory=Counter)
    ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.ms) / self.seconds

    @property
    def asked(self) -> float:
        """With what was asked while it warmed up, as all of it costs."""
        return self.rate * (self.seconds + WARM_UP_S)

    def percentile(self, share: float) -> float:
        return report.percentile(self.ms, share)


def ask(port: int, path: str, clients: int, seconds: float, core: int | None = None, *, headers: str = "") -> Answers:
    """`headers`: lines to be sent along, each with its end."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode()
    with ProcessPoolExecutor(1) as apart:
        return apart.submit(_ask, port, request, clients, seconds, core).result()


def pages(port: int, path: str, clients: int, seconds: float, core: int | None = None, *, headers: str = "") -> Answers:
    """The same, where nothing else than pages is worth measuring: at most a few may be sent away, which costs next to
    nothing."""
    answers = ask(port, path, clients, seconds, core, headers=headers)
    if answers.statuses[200] < PAGES_AT_LEAST * answers.statuses.total():
        raise SystemExit(f"Not every page was answered, so there is nothing to measure: {dict(answers.statuses)}")
    return answers


def _ask(port: int, request: bytes, clients: int, seconds: float, core: int | None) -> Answers:
    if core is not None:
        os.sched_setaffinity(0, {core})
    poll = select.epoll()
    connections = {}
    for _ in range(clients):
        connection = socket.create_connection(("127.0.0.1", port))
        connections[connection.fileno()] = connection
        poll.register(connection, select.EPOLLIN)
    sent: dict[int, float] = {}
    begins = time.perf_counter() + WARM_UP_S
    answers = Answers(seconds)
    for number, connection in connections.items():
        connection.sendall(request)
        sent[number] = time.perf_counter()
    while (now := time.perf_counter()) < begins + seconds:
        for number, _event in poll.poll(0.1):
            status = _read(connections[number])
            now = time.perf_counter()
            if now >= begins:
                answers.statuses[status] += 1
                answers.ms.append((now - sent[number]) * 1000)
            connections[number].sendall(request)
            sent[number] = now
    return answers


def _read(connection: socket.socket) -> int:
    """One whole answer, which tells its length or comes in chunks."""
    got = connection.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    lowered = head.lower()
    if b"content-length:" in lowered:
        length = int(lowered.partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
    else:
        while not body.endswith(b"0\r\n\r\n"):
            body += connection.recv(65536)
    return int(head.split()[1])
