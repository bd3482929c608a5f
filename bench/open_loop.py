"""Visitors who come whether or not those before them have been answered, each on a connection of its own.

Arrivals are a Poisson process: that is what many people who know nothing of each other look like. A load that waits for
its answers would slow down with the server and hide what overload does ("coordinated omission", Gil Tene).
"""

from __future__ import annotations

import os
import random
import resource
import secrets
import select
import socket
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import report

PATIENCE_S = 10.0
RIGHT = (200, 201)
REFUSED = (503, 429)
NO_ANSWER = 0

# Stands in a request where each has a key of its own.
KEY = "0" * 32


@dataclass(frozen=True)
class Request:
    """What a class sends; each the same, or each with one of the holds that are ready for it."""

    text: str
    holds: tuple[tuple[str, str], ...] = ()

    def bytes(self, number: int) -> bytes:
        text = self.text.replace(KEY, secrets.token_hex(16))
        if self.holds:
            hold, secret = self.holds[number]
            text = text.replace("%(hold)s", hold).replace("%(secret)s", secret)
        return text.encode()

    def after(self, number: int) -> Request:
        """Without those that have been used."""
        return Request(self.text, self.holds[number:])


# By class, how many a second and what they send.
Requests = Mapping[str, tuple[float, Request]]


@dataclass
class Came:
    """What became of those who came, by class; times in ms from their arrival, seconds from the beginning."""

    seconds: float
    came: int = 0
    late_ms: float = 0.0
    answers: dict[str, list[tuple[float, int, float]]] = field(default_factory=lambda: defaultdict(list))

    def _of(self, kind: str | None) -> list[tuple[float, int, float]]:
        kinds = self.answers if kind is None else [kind]
        return [answer for each in kinds for answer in self.answers.get(each, [])]

    def ms(self, kind: str | None = None, statuses: tuple[int, ...] = RIGHT) -> list[float]:
        return [ms for _at, status, ms in self._of(kind) if status in statuses]

    def rate(self, kind: str | None = None, statuses: tuple[int, ...] = RIGHT) -> float:
        return len(self.ms(kind, statuses)) / self.seconds

    def share(self, kind: str, statuses: tuple[int, ...] = RIGHT) -> float:
        return len(self.ms(kind, statuses)) / max(1, len(self._of(kind)))

    def percentile(self, share: float, kind: str | None = None, statuses: tuple[int, ...] = RIGHT) -> float:
        found = self.ms(kind, statuses)
        return report.percentile(found, share) if found else float("nan")

    def seconds_until_well(self, limit_ms: float) -> float:
        """From when on everybody who comes is answered right and in time."""
        return max((at for at, status, ms in self._of(None) if status not in RIGHT or ms > limit_ms), default=0.0)

    def came_of(self, kind: str) -> int:
        return len(self._of(kind))

    def wrong(self) -> Counter[int]:
        """Neither an answer nor a refusal: by status, how many."""
        return Counter(status for _at, status, _ms in self._of(None) if status not in RIGHT + REFUSED)


@dataclass
class _Visit:
    connection: socket.socket
    kind: str
    began: float
    request: bytes
    got: bytes = b""


def come(port: int, requests: Requests, seconds: float, core: int | None = None) -> Came:
    """From a process of its own."""
    with ProcessPoolExecutor(1) as apart:
        return apart.submit(_come, port, requests, seconds, core).result()


def _come(port: int, requests: Requests, seconds: float, core: int | None) -> Came:
    if core is not None:
        os.sched_setaffinity(0, {core})
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    came = Came(seconds)
    poll = select.epoll()
    visits: dict[int, _Visit] = {}
    kinds, rates = list(requests), [rate for rate, _make in requests.values()]
    numbers: dict[str, int] = defaultdict(int)
    chance = random.Random(1)
    begins = time.perf_counter()
    due = begins + chance.expovariate(sum(rates))
    looks_at = begins + PATIENCE_S
    while (now := time.perf_counter()) < begins + seconds or visits:
        while due <= now and due < begins + seconds:
            (kind,) = chance.choices(kinds, rates)
            visit = _Visit(_connected(port), kind, due, requests[kind][1].bytes(numbers[kind]))
            numbers[kind] += 1
            came.came += 1
            visits[visit.connection.fileno()] = visit
            poll.register(visit.connection, select.EPOLLOUT)
            came.late_ms = max(came.late_ms, (time.perf_counter() - due) * 1000)
            due += chance.expovariate(sum(rates))
        for number, event in poll.poll(
            max(0.0, min(due - time.perf_counter(), 0.1)) if due < begins + seconds else 0.1
        ):
            visit = visits[number]
            status = _go_on(visit, event, poll)
            if status is not None:
                came.answers[visit.kind].append(
                    (visit.began - begins, status, (time.perf_counter() - visit.began) * 1000)
                )
                del visits[number]
                visit.connection.close()
        if now > looks_at:
            looks_at = now + 1
            for number, visit in [(number, one) for number, one in visits.items() if now - one.began > PATIENCE_S]:
                came.answers[visit.kind].append((visit.began - begins, NO_ANSWER, PATIENCE_S * 1000))
                visit.connection.close()
                del visits[number]
    return came


def _connected(port: int) -> socket.socket:
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex(("127.0.0.1", port))
    return connection


def _go_on(visit: _Visit, event: int, poll: select.epoll) -> int | None:
    """The status when the answer is whole: the client asks that the connection ends with it."""
    try:
        if event & select.EPOLLOUT:
            visit.connection.sendall(visit.request)
            poll.modify(visit.connection, select.EPOLLIN)
            return None
        got = visit.connection.recv(262144)
    except OSError:
        return NO_ANSWER
    if got:
        visit.got += got
        return None
    return int(visit.got[9:12]) if visit.got.startswith(b"HTTP/1.1 ") else NO_ANSWER
