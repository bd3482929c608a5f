"""The event page under load: everyone asks for the same page at once."""

from __future__ import annotations

import csv
import io
import os
import socket
import time
from concurrent.futures import ProcessPoolExecutor
from http.client import HTTPConnection
from typing import Any

import meter
import statements
from installation import Target
from sale import Sale, open_sale

PROCESSES = 2
CONNECTIONS = 32
ASKED_PAST_THE_CACHE = 20


def measure(target: Target, pids: meter.Pids, sale: Sale, seconds: float) -> dict[str, Any]:
    """How much the door answers by itself, and what a request costs there and behind."""
    request = f"GET {sale.page} HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\nUser-Agent: bench\r\n\r\n".encode()
    lookups, hits = cache_counters(target)
    before, began = meter.cpu_ms(pids), time.perf_counter()
    with ProcessPoolExecutor(PROCESSES) as pool:
        requests = sum(pool.map(_ask, [target.port] * PROCESSES, [request] * PROCESSES, [seconds] * PROCESSES))
    spent, passed = meter.between(before, meter.cpu_ms(pids)), time.perf_counter() - began
    lookups_after, hits_after = cache_counters(target)
    return {
        "requests": requests,
        "requests_per_s": requests / passed,
        "cache_share": (hits_after - hits) / max(1, lookups_after - lookups),
        "reached_web_per_s": (lookups_after - lookups - hits_after + hits) / passed,
        "door_cpu_ms": spent["door"] / requests,
        "behind_cpu_ms": sum(ms for kind, ms in spent.items() if kind != "door") / requests,
    }


def count_statements(target: Target) -> dict[str, float]:
    """Of one page that the cache does not have, by the number of ticket types on it."""
    found = {}
    for ticket_types in (1, 50):
        sale = open_sale(target, ticket_types)
        connection = HTTPConnection("127.0.0.1", target.port)
        with statements.counting(target) as counted:
            for number in range(ASKED_PAST_THE_CACHE):
                # The door keeps no address with a query.
                connection.request("GET", f"{sale.page}?{number}")
                connection.getresponse().read()
        found[f"{ticket_types} ticket types"] = counted.per(ASKED_PAST_THE_CACHE)["sum"]
    return found


def _ask(port: int, request: bytes, seconds: float) -> int:
    """Over several connections: ask on all, then read all, so that the door always has something to do."""
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    ends = time.monotonic() + seconds
    answered = 0
    while time.monotonic() < ends:
        for connection in connections:
            connection.sendall(request)
        for connection in connections:
            _read_answer(connection)
        answered += len(connections)
    for connection in connections:
        connection.close()
    return answered


def _read_answer(connection: socket.socket) -> None:
    answer = connection.recv(65536)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    missing = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(missing))


def cache_counters(target: Target) -> tuple[int, int]:
    """How often the door looked into its cache so far, and found what it looked for."""
    folder = os.open(target.data / "run", os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            # A Unix socket's address is short; the folder's need not be.
            door.connect(f"/proc/self/fd/{folder}/door.sock")
            door.sendall(b"show stat\n")
            said = b"".join(iter(lambda: door.recv(65536), b""))
    finally:
        os.close(folder)
    rows = csv.DictReader(io.StringIO(said.decode().lstrip("# ")))
    frontend = next(row for row in rows if row["svname"] == "FRONTEND")
    return int(frontend["cache_lookups"]), int(frontend["cache_hits"])
