"""Holds by HTTP, through the door: one process, raw sockets, one request at a time on each connection.

The requests are bytes made beforehand, all but the key, so that the load costs little beside what it measures; what it
costs is told.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import socket
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from statistics import mean

import meter
import report
from installation import Target
from sale import Sale
from stock_figures import GENERATOR, Run, Window, each
from stock_server import Database

KINDS = ("door", "stock", "postgres", "relay", GENERATOR)
WARM_UP_S = 0.7
# Nobody may wait longer than this for the last answers.
END_S = 20
GRANTED, GRANTED_TO_PEOPLE, SOLD_OUT = 201, 303, 409


class Broken(Exception):
    """The answer is none that the bench can go on with."""


@dataclass
class Load:
    """What came back: statuses of all answers, and of those within the time measured how long each took."""

    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_ms: Mapping[str, float] = field(default_factory=dict)
    others_share: float = 0.0


def hold(target: Target, sale: Sale, clients: int, seconds: float, expected: int = GRANTED) -> Run:
    """Many connections that each want one place, as fast as they are answered. They send the form of the event's page
    if GRANTED_TO_PEOPLE is expected, else they use the API."""
    database = database_of(target)
    before = _taken(database, sale)
    with ProcessPoolExecutor(1) as apart:
        load = apart.submit(_ask, _requests(target, sale, expected), target, clients, seconds).result()
    granted = load.statuses[GRANTED] + load.statuses[GRANTED_TO_PEOPLE]
    answers = sum(load.statuses.values())
    wrong = abs(_taken(database, sale) - before - granted) + answers - load.statuses[expected]
    if wrong:
        raise SystemExit(f"Not what was expected: {dict(load.statuses)}")
    return Run(
        rate=len(load.took) / load.seconds,
        mean_ms=mean(load.took) * 1000,
        p50_ms=report.percentile(load.took, 0.5) * 1000,
        p99_ms=report.percentile(load.took, 0.99) * 1000,
        cpu_ms=load.cpu_ms,
        wrong=wrong,
        requests=len(load.took),
        others_share=load.others_share,
    )


def sell_out(target: Target, sale: Sale, clients: int) -> list[tuple[float, int]]:
    """One place at a time until somebody is refused: when each grant was there."""
    with ProcessPoolExecutor(1) as apart:
        load = apart.submit(_ask, _requests(target, sale, GRANTED), target, clients, 600.0, until_refused=True).result()
    if load.statuses[GRANTED] != _taken(database_of(target), sale):
        raise SystemExit(f"Not what the database says: {dict(load.statuses)}")
    return [(at, 1) for at in load.times]


def database_of(target: Target) -> Database:
    return Database(target.database_url(), {"postgres": target.pids()["postgres"]})


def _taken(database: Database, sale: Sale) -> int:
    return int(database.ask(f"SELECT taken FROM stock_quota WHERE id = {sale.quota}"))


def _ask(requests: _Requests, target: Target, clients: int, seconds: float, until_refused: bool = False) -> Load:
    connections = [_Connection(target.port, requests) for _ in range(clients)]
    by_number = {connection.number: connection for connection in connections}
    pids = meter.with_supervisor(target.pids()) | {GENERATOR: [os.getpid()]}
    waiting = select.epoll()
    for connection in connections:
        waiting.register(connection.number, select.EPOLLIN)
        connection.ask()
    load = Load()
    _serve(waiting, by_number, load, time.perf_counter() + WARM_UP_S, until_refused=until_refused)
    load.took.clear()
    window = Window(pids)
    _serve(waiting, by_number, load, window.began + seconds, until_refused=until_refused)
    window.close()
    took = len(load.took)
    load.seconds, load.others_share = window.seconds, window.others_share
    load.cpu_ms = each(window.spent_ms, took, KINDS)
    _finish(waiting, by_number, load)
    del load.took[took:]
    return load


def _serve(
    waiting: select.epoll, by_number: dict[int, _Connection], load: Load, ends: float, *, until_refused: bool
) -> None:
    """Read what has come, note it, and ask again at once."""
    statuses, took, times = load.statuses, load.took, load.times
    while (now := time.perf_counter()) < ends:
        for number, _event in waiting.poll(0.5):
            connection = by_number[number]
            status = connection.read()
            if not status:
                continue
            now = time.perf_counter()
            statuses[status] += 1
            took.append(now - connection.asked_at)
            if until_refused:
                if status == SOLD_OUT:
                    return
                times.append(now)
            connection.ask()


def _finish(waiting: select.epoll, by_number: dict[int, _Connection], load: Load) -> None:
    """Hear the answers that are still due, so that the database can be compared with them."""
    ends = time.perf_counter() + END_S
    while any(connection.is_waiting for connection in by_number.values()):
        if time.perf_counter() > ends:
            raise Broken(f"no answer within {END_S} s")
        for number, _event in waiting.poll(0.5):
            if status := by_number[number].read():
                load.statuses[status] += 1
    for connection in by_number.values():
        connection.socket.close()


@dataclass
class _Requests:
    """The same request again and again, under a new key each time: a number between these two."""

    before: bytes
    after: bytes
    number: int = 0

    def next(self) -> bytes:
        self.number += 1
        return b"%b%016d%b" % (self.before, self.number, self.after)


def _requests(target: Target, sale: Sale, expected: int) -> _Requests:
    key = secrets.token_hex(8)
    host = f"Host: 127.0.0.1:{target.port}\r\nUser-Agent: bench"
    if expected == GRANTED_TO_PEOPLE:
        form = f"quantity-{sale.ticket_types[0]}=1&idempotency_key={key}"
        head = (
            f"POST {sale.holds_form} HTTP/1.1\r\n{host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(form) + 16}\r\n\r\n"
        )
        return _Requests((head + form).encode(), b"")
    body = json.dumps({"items": [{"ticket_type": sale.ticket_types[0], "quantity": 1}]})
    head = (
        f"POST {sale.holds_api} HTTP/1.1\r\n{host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nIdempotency-Key: {key}"
    )
    return _Requests(head.encode(), f"\r\n\r\n{body}".encode())


class _Connection:
    def __init__(self, port: int, requests: _Requests) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = self.socket.fileno()
        self.asked_at = 0.0
        self.is_waiting = False
        self._requests = requests
        self._come = b""

    def ask(self) -> None:
        self.is_waiting = True
        self.asked_at = time.perf_counter()
        self.socket.sendall(self._requests.next())

    def read(self) -> int:
        """The status of a whole answer, or 0 while a part is missing."""
        come = self.socket.recv(16384)
        if not come:
            raise Broken("the door ended a connection")
        if self._come:
            come = self._come + come
        end = come.find(b"\r\n\r\n")
        start = come.find(b"content-length: ")
        if start < 0:
            start = come.find(b"Content-Length: ")
        if end < 0 or start < 0 or len(come) < end + 4 + int(come[start + 16 : come.index(b"\r", start)]):
            self._come = come
            return 0
        self._come = b""
        self.is_waiting = False
        return int(come[9:12])
