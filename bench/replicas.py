"""Who has changed something and looks at once: sees it, whatever the replica has; and how much the replica answers.

    python bench/replicas.py                     10,000 pairs with a replica 2 s behind, 2,000 at its normal lag
    python bench/replicas.py --pairs 500         fewer of both
    python bench/replicas.py --markdown          its table for the documentation

Olga closes and reopens the sale of an event, and after each change looks at its page, over three web processes with a
replica. A look that does not show her own change is stale. It runs on an installation of its own.
"""

from __future__ import annotations

import argparse
import http.client
import json
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import installation
import psycopg
import report
from crowd import together
from installation import Target

CLIENTS, WEB = 8, 3
BEHIND_S = 2
TIMEOUT_S = 30
# Runs inside the installation.
MAKE = """
import json
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from fairgate.organizers.permissions import Role
from fairgate.testing.cast import make_concert, make_member, make_organizer

organizer = make_organizer("bench")
olga = make_member(organizer, "olga@example.org", Role.OWNER)
session = SessionStore()
session[SESSION_KEY] = str(olga.pk)
session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
session[HASH_SESSION_KEY] = olga.get_session_auth_hash()
session.save()
for number in range({clients}):
    make_concert(organizer, f"night-{{number}}")
print(json.dumps(session.session_key))
"""


@dataclass
class Found:
    pairs: int = 0
    stale: int = 0
    seconds: float = 0.0
    read_from: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        return self.read_from["replica1"] / max(sum(self.read_from.values()), 1)


class Olga:
    """One browser, one event."""

    def __init__(self, target: Target, session: str, number: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=TIMEOUT_S)
        self._page = f"/console/bench/events/night-{number}/"
        csrf = secrets.token_hex(16)
        self._cookies = {"fairgate_session": session, "fairgate_csrf": csrf}
        self._csrf = csrf

    def pair(self, *, closes: bool) -> bool:
        """Change it and look. Whether the page shows the change."""
        self._ask("POST", f"{self._page}{'closure' if closes else 'reopening'}/", 302)
        page = self._ask("GET", self._page, 200)
        return (b"/reopening/" in page) == closes

    def _ask(self, method: str, path: str, expected: int) -> bytes:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(method, path, headers={"Cookie": cookies, "X-CSRFToken": self._csrf})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != expected:
            raise SystemExit(f"{method} {path}: {answer.status}, not {expected}")
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        return body


def main() -> None:
    wish = _wish()
    with installation.own() as target:
        target.up("--web", str(WEB), "--replicas", "1")
        session = json.loads(target.run_in_django(MAKE.format(clients=CLIENTS)).splitlines()[-1])
        normal = measure(target, session, wish.pairs // 5)
        _delay(target, BEHIND_S)
        behind = measure(target, session, wish.pairs)
    rows = [_row("at its normal lag", normal), _row(f"{BEHIND_S} s behind", behind)]
    table = report.markdown if wish.markdown else report.table
    print(report.machine())
    print(table(("replica", "pairs", "a second", "stale looks", "looks answered by the replica"), rows))
    if normal.stale or behind.stale:
        sys.exit(1)


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="replicas", description="Looks after changes, with a replica behind.")
    parser.add_argument("--pairs", type=int, default=10_000, help="with the replica behind; a fifth of it without")
    parser.add_argument("--markdown", action="store_true")
    return parser.parse_args()


def measure(target: Target, session: str, pairs: int) -> Found:
    found = Found()
    before = _read_from(target)
    began = time.perf_counter()

    def work(number: int) -> Iterator[None]:
        olga = Olga(target, session, number)
        for turn in range(pairs // CLIENTS):
            stale = not olga.pair(closes=turn % 2 == 0)
            found.pairs, found.stale = found.pairs + 1, found.stale + stale
            yield
        if pairs // CLIENTS % 2:
            olga.pair(closes=False)  # So that it begins again as it began.

    together(CLIENTS, work)
    found.seconds = time.perf_counter() - began
    found.read_from = _read_from(target) - before
    return found


def _read_from(target: Target) -> Counter[str]:
    """What the web processes' own lines tell."""
    return Counter(str(line["read_from"]) for line in _lines(target) if "read_from" in line)


def _lines(target: Target) -> Iterator[dict[str, object]]:
    for path in (target.data / "logs").glob("web-*.log*"):
        for line in path.read_text().splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def _delay(target: Target, seconds: int) -> None:
    """The standby replays nothing before it is so old."""
    (port,) = [p["port"] for p in target.status()["processes"] if p["name"] == "standby"]
    url = f"postgresql://postgres:{target.admin_password()}@127.0.0.1:{port}/postgres"
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"ALTER SYSTEM SET recovery_min_apply_delay = '{seconds}s'")
        conn.execute("SELECT pg_reload_conf()")


def _row(name: str, found: Found) -> tuple[object, ...]:
    return name, f"{found.pairs:,}", f"{found.pairs / found.seconds:,.0f}", found.stale, f"{found.share:.1%}"


if __name__ == "__main__":
    main()
