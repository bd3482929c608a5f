"""What a page costs behind the door: two web processes of our own on an installation's database, for each cache."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import meter
from installation import Target

from fairgate.testing.waiting import free_port, wait_until

WEB = 2
CONNECTIONS = 8
EVENTS = 200
WARM_UP = 100
MAKE = """
import json
from datetime import timedelta
from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.lib import clock
from fairgate.organizers.models import Organizer
from fairgate.stock.models import Draw, Quota

organizer, _ = Organizer.objects.get_or_create(
    slug="bench",
    defaults=dict(name="Bench Hall", email="hello@bench.example.org", time_zone="Europe/Berlin", currency="EUR"),
)
starts_at = clock.now().replace(microsecond=0) + timedelta(days=30)
for number in range({events}):
    event = Event.objects.create(
        organizer=organizer, slug=f"evening-{{number}}", title=f"Evening {{number}}", place="Bench Hall",
        currency="EUR", description="Evening by evening.", time_zone="Europe/Berlin", state=EventState.PUBLISHED,
    )
    session = Session.objects.create(event=event, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))
    quota = Quota.objects.create(event=event, session=session, name="Hall", capacity=1_000)
    for name in ("Standard", "Reduced", "Patron"):
        ticket_type = TicketType.objects.create(event=event, session=session, name=name, price=12_00)
        Draw.objects.create(ticket_type=ticket_type, quota=quota)
"""
# By name: the addresses that are asked for in turn.
READINGS = {
    "one event, everyone": ["/bench/evening-0/"],
    f"{EVENTS} events, evenly": [f"/bench/evening-{number}/" for number in range(EVENTS)],
    "one event by API": ["/api/v1/shop/bench/evening-0"],
    "list of events": ["/"],
    "50 addresses without an event": [f"/bench/nothing-{number}/" for number in range(50)],
}


@dataclass(frozen=True)
class Cost:
    web_ms: float
    database_ms: float
    cache_ms: float
    statements: float


def make_events(target: Target) -> None:
    target.run_in_django(MAKE.format(events=EVENTS))


def measure(target: Target, url: str, cache_pids: Sequence[int], requests: int) -> dict[str, Cost]:
    """By reading."""
    database = target.pids()["postgres"]
    with _webs(target, url) as webs:
        ports, log = [web.port for web in webs], webs[0].log.parent
        pids = {"web": [web.process.pid for web in webs], "database": database, "cache": list(cache_pids)}
        found = {}
        for name, addresses in READINGS.items():
            _ask(ports, addresses, WARM_UP)
            before, statements = meter.cpu_ms(pids), _statements(log)
            _ask(ports, addresses, requests)
            spent = meter.between(before, meter.cpu_ms(pids))
            asked = (_statements(log) - statements) / requests
            found[name] = Cost(*(spent[kind] / requests for kind in ("web", "database", "cache")), asked)
    return found


@dataclass(frozen=True)
class Web:
    port: int
    log: Path
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def _webs(target: Target, url: str) -> Iterator[list[Web]]:
    settings = json.loads((target.data / "run" / "environment").read_text())
    environment = {**os.environ, **settings, "FAIRGATE_CACHE_URL": url, "PYTHONUNBUFFERED": "1"}
    folder = target.data / "logs" / "cache-bench"
    folder.mkdir(exist_ok=True)
    webs = []
    try:
        for number in range(WEB):
            port, log = free_port(), folder / f"web-{number}.log"
            command = [sys.executable, "-m", "fairgate", "run", "web", "--listen", f"127.0.0.1:{port}"]
            with log.open("wb") as output:
                webs.append(Web(port, log, subprocess.Popen(command, env=environment, stdout=output)))
        for web in webs:
            wait_until(lambda port=web.port: _status(port, "/health/ready") == 200, 60)  # type: ignore[misc]
        yield webs
    finally:
        for web in webs:
            web.process.terminate()
        for web in webs:
            web.process.wait(30)


def _status(port: int, address: str) -> int:
    with contextlib.suppress(OSError):
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", address)
        return connection.getresponse().status
    return 0


def _ask(ports: Sequence[int], addresses: Sequence[str], requests: int) -> None:
    each = requests // CONNECTIONS

    def ask(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", ports[number % len(ports)], timeout=30)
        for turn in range(each):
            connection.request("GET", addresses[(turn * CONNECTIONS + number) % len(addresses)])
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 404):
                raise SystemExit(f"{answer.status} instead of a page")

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(ask, range(CONNECTIONS)))
    # A line is written when its answer is sent.
    time.sleep(0.2)


def _statements(folder: Path) -> int:
    """As many as all lines of the web processes tell."""
    lines = [line for log in folder.glob("*.log") for line in log.read_text().splitlines() if '"request"' in line]
    return sum(json.loads(line).get("queries", 0) for line in lines)
