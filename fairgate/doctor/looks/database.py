"""All that the database tells: of the application's role, and of the administrator's where the server is ours."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg

from fairgate.doctor.looks import outbox, pictures, replicas, sessions, statements, tables
from fairgate.doctor.looks.asking import Asked, Connection, admin_url, connect, own_ports
from fairgate.doctor.looks.statements import Scan
from fairgate.lib.env import Settings
from fairgate.runtime.installation import Installation
from fairgate.runtime.status import FULL

SETTINGS = """
SELECT name, setting FROM pg_settings
 WHERE name IN ('max_connections', 'superuser_reserved_connections', 'shared_buffers', 'autovacuum',
                'server_version_num', 'track_activities', 'fsync', 'synchronous_commit', 'full_page_writes')
"""
# As slow as a person notices; more is looked into.
SLOW_MS = 100
# Between the looks: a quarter of a processor for three seconds, however short each is.
BUSY_MS = 750
MOST_PLANS = 4

T = TypeVar("T")


@dataclass(frozen=True)
class Database:
    """`error`: why it does not answer the application. `has_all`: seen with the administrator's eyes."""

    error: str = ""
    is_full: bool = False
    is_own: bool = False
    has_all: bool = False
    port: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    sessions: sessions.Sessions | None = None
    tables: tables.Tables | None = None
    statements: tuple[statements.Statement, ...] | None = None
    scans: dict[str, tuple[Scan, ...]] = field(default_factory=dict)
    outbox: outbox.Outbox | None = None
    pictures: pictures.Pictures | None = None
    replication: replicas.Replication = field(default_factory=replicas.Replication)
    not_seen: tuple[str, ...] = ()


def look(installation: Installation, settings: Settings, until_s: float) -> Database:
    error, ours = "", None
    try:
        ours = connect(settings.database_url)
    except psycopg.Error as refusal:
        error = " ".join(str(refusal).split())
    watch, is_own = _watch(installation, settings, ours)
    if watch is None:
        return Database(error, is_full=_says_full(error), is_own=is_own)
    with contextlib.ExitStack() as closing:
        for connection in {id(one): one for one in (ours, watch) if one}.values():
            closing.enter_context(contextlib.closing(connection))
        found = Database(error, _says_full(error), is_own, watch is not ours)
        try:
            return _look(installation, settings, until_s, ours=ours, watch=watch, found=found)
        except psycopg.Error as lost:
            return Database(error or " ".join(str(lost).split()), is_own=is_own)


def _watch(installation: Installation, settings: Settings, ours: Connection | None) -> tuple[Connection | None, bool]:
    """The administrator's connection to the primary, where that is ours; else the application's."""
    ports = [ours.info.port] if ours else list(own_ports(installation).values())
    is_own = bool(ours and ours.info.port in own_ports(installation).values())
    for port in ports:
        if (url := admin_url(installation, port)) and f":{port}" in settings.database_url:
            is_own = True
            with contextlib.suppress(psycopg.Error):
                watch = connect(url)
                if not watch.execute("SELECT pg_is_in_recovery() AS follows").fetchall()[0]["follows"]:
                    return watch, True
                watch.close()
    return ours, is_own


def _says_full(error: str) -> bool:
    return any(words in error for words in FULL)


def _look(
    installation: Installation,
    settings: Settings,
    until_s: float,
    *,
    ours: Connection | None,
    watch: Connection,
    found: Database,
) -> Database:
    def pause() -> None:
        time.sleep(max(0.0, until_s - time.monotonic()))

    asked = [Asked(watch), Asked(watch), Asked(ours or watch)]
    with ThreadPoolExecutor(3) as hands:
        # psycopg lets threads share a connection, one statement at a time; the statements are short.
        seen_sessions = hands.submit(sessions.look, asked[0], until_s)
        seen_tables = hands.submit(tables.look, asked[1], pause)
        seen_statements = hands.submit(statements.look, asked[2] if watch is ours else asked[1], pause)
        config = {row["name"]: row["setting"] for row in asked[2].rows("settings", SETTINGS)}
        seen_outbox = outbox.look(asked[2])
        seen_pictures = pictures.look(asked[2], settings)
        replication = replicas.look(asked[0], installation, settings.replica_urls, pause)
        who, what = _or_none(seen_sessions), _or_none(seen_statements)
    return Database(
        error=found.error,
        is_full=found.is_full,
        is_own=found.is_own,
        has_all=found.has_all,
        port=watch.info.port if not watch.closed else 0,
        settings=config,
        sessions=who,
        tables=_or_none(seen_tables),
        statements=what,
        scans=_scans(ours, who, what) if ours else {},
        outbox=seen_outbox,
        pictures=seen_pictures,
        replication=replication,
        not_seen=tuple(dict.fromkeys(what for one in asked for what in one.not_seen)),
    )


def _or_none(future: Future[T]) -> T | None:
    """A database that goes away while it is looked at."""
    try:
        return future.result()
    except psycopg.Error:
        return None


def _scans(
    ours: Connection, who: sessions.Sessions | None, what: tuple[statements.Statement, ...] | None
) -> dict[str, tuple[statements.Scan, ...]]:
    """What is slow or takes much now, by the plan."""
    slow = {text: one.raw for text, one in (who.running if who else {}).items() if one.longest_s * 1000 >= SLOW_MS}
    for one in what or ():
        if one.each_now_ms >= SLOW_MS or one.now_ms >= BUSY_MS:
            slow[one.text] = one.raw
    known: dict[str, Any] = {}
    for text, raw in list(slow.items())[:MOST_PLANS]:
        if statements.is_of_a_page(raw) and (found := statements.scans(ours, raw)):
            known[text] = found
    return known
