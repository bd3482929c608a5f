"""Who is connected, what each does at this moment, and who waits for whom."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

import psutil

from fairgate.doctor.looks.asking import NAME, Asked, Row

SESSIONS = f"""
SELECT pid, coalesce(application_name, '') AS application, client_port AS port, coalesce(state, '') AS state,
       coalesce(wait_event_type, '') AS waits_for, coalesce(wait_event, '') AS wait_event,
       coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float AS open_s,
       coalesce(extract(epoch FROM clock_timestamp() - query_start), 0)::float AS statement_s,
       coalesce(extract(epoch FROM clock_timestamp() - state_change), 0)::float AS state_s,
       left(query, 4000) AS statement,
       CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{{}}' END AS blocked_by
  FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()
   AND application_name <> '{NAME}'
"""
CONNECTIONS = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS used,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most
"""
ACTIVE = f"""
SELECT pid, left(query, 4000) AS statement,
       extract(epoch FROM clock_timestamp() - query_start)::float AS statement_s
  FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND datname = current_database() AND state = 'active'
   AND pid <> pg_backend_pid() AND application_name NOT IN ('{NAME}', 'pg_dump', 'pg_basebackup')
   AND wait_event_type IS DISTINCT FROM 'Lock' AND wait_event IS DISTINCT FROM 'SyncRep'
   AND wait_event_type IS DISTINCT FROM 'Client'
"""
BETWEEN_SAMPLES_S = 0.25
# Of a statement, letters.
MOST = 300
LITERAL = re.compile(r"'(?:[^']|'')*'|\$\$.*?\$\$|\$\d+|(?<![\w$.\"])-?\d+(?:\.\d+)?\b", re.DOTALL)


@dataclass(frozen=True)
class Session:
    pid: int
    application: str
    # The process behind it, where it is of this machine and ours to see.
    client_pid: int | None
    state: str
    waits_for: str
    wait_event: str
    open_s: float
    statement_s: float
    state_s: float
    statement: str
    blocked_by: tuple[int, ...] = ()
    # The name of that process, such as web-1.
    client: str = ""

    @property
    def is_waiting_for_lock(self) -> bool:
        return self.waits_for == "Lock"

    @property
    def is_idle_in_transaction(self) -> bool:
        return self.state.startswith("idle in transaction")

    @property
    def who(self) -> str:
        client = self.client or self.application or "an unnamed program"
        return f"{client} (database session {self.pid})"


@dataclass
class Running:
    """A statement that was at work when somebody looked: in which sessions, how often seen, for how long at most."""

    raw: str
    seen: int = 0
    longest_s: float = 0.0
    pids: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Sessions:
    all: tuple[Session, ...]
    used: int
    most: int
    samples: int = 0
    running: dict[str, Running] = field(default_factory=dict)


def look(asked: Asked, until_s: float) -> Sessions:
    """Samples until then, and at the end everyone."""
    running: dict[str, Running] = {}
    samples = 0
    while time.monotonic() < until_s:
        for row in asked.rows("statements at work", ACTIVE):
            one = running.setdefault(shown(row["statement"]), Running(row["statement"]))
            one.seen += 1
            one.pids.add(row["pid"])
            one.longest_s = max(one.longest_s, row["statement_s"] or 0.0)
        samples += 1
        time.sleep(BETWEEN_SAMPLES_S)
    limits = asked.row("connections", CONNECTIONS)
    return Sessions(connected(asked), limits.get("used", 0), limits.get("most", 0), samples, running)


def connected(asked: Asked) -> tuple[Session, ...]:
    clients = _clients()
    return tuple(_session(row, clients) for row in asked.rows("sessions", SESSIONS))


def shown(statement: str) -> str:
    """One line without values, which may be a person, and the same one where they are parameters. Of a long one the
    beginning, up to a whole word."""
    line = " ".join(LITERAL.sub("…", statement).split())
    return line if len(line) <= MOST else f"{line[:MOST].rpartition(' ')[0] or line[:MOST]} …"


def _clients() -> dict[int, int]:
    """The process behind each local port, as far as we may see it."""
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return {}
    return {one.laddr.port: one.pid for one in connections if one.pid and one.status == psutil.CONN_ESTABLISHED}


def _session(row: Row, clients: dict[int, int]) -> Session:
    return Session(
        pid=row["pid"],
        application=row["application"],
        client_pid=clients.get(row["port"] or 0),
        state=row["state"],
        waits_for=row["waits_for"],
        wait_event=row["wait_event"],
        open_s=row["open_s"],
        statement_s=row["statement_s"],
        state_s=row["state_s"],
        statement=shown(row["statement"]),
        blocked_by=tuple(row["blocked_by"]),
    )
