"""What beat reads for all: PostgreSQL, Valkey and the books. It is one process, and has time.

PostgreSQL and Valkey are asked every few seconds, the books every few minutes: the audit reads every sale, and as a
share of the database's time it may take no more than one part in fifty.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import suppress

import django.db
import psycopg
import redis
from prometheus_client.registry import Collector

from fairgate.core import audit
from fairgate.core.figures import postgres
from fairgate.lib.env import Settings
from fairgate.lib.metrics import names
from fairgate.lib.metrics.figure import Read, Sample
from fairgate.lib.metrics.looks import Looks

EVERY_S = 10.0
TIMEOUT_S = 3
AUDIT_EVERY_S = 300.0
AUDIT_SHARE = 0.02
BOOKS = (names.DIFFERENCES, names.CHECKED_AT, names.CHECK_SECONDS)
# By Valkey's own words.
COUNTED = (
    (names.VALKEY_MEMORY, (), "used_memory"),
    (names.VALKEY_MOST, (), "maxmemory"),
    (names.VALKEY_CLIENTS, (), "connected_clients"),
    (names.VALKEY_COMMANDS, (), "total_commands_processed"),
    (names.VALKEY_EVICTED, (), "evicted_keys"),
    (names.VALKEY_LOOKUPS, ("hit",), "keyspace_hits"),
    (names.VALKEY_LOOKUPS, ("miss",), "keyspace_misses"),
)

_looks = Looks("postgres", "valkey", "invariants")


def of_beat() -> Collector:
    return Read((names.SOURCE_UP, *BOOKS, *names.POSTGRES, *names.VALKEY), _looks.read)


def start(settings: Settings) -> None:
    for work in (_watch_postgres, _watch_valkey, _watch_books):
        threading.Thread(target=work, args=(settings,), name=work.__name__.lstrip("_"), daemon=True).start()


def _watch_postgres(settings: Settings) -> None:
    database: postgres.Database | None = None
    while True:
        with suppress(psycopg.Error), _looks.at("postgres") as found:
            if database is None or database.closed:
                database = postgres.connect(settings.database_url)
            found.extend(postgres.look(database))
        time.sleep(EVERY_S)


def _watch_valkey(settings: Settings) -> None:
    url = settings.valkey_url.replace("valkey://", "redis://", 1)
    client = redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
    while True:
        with suppress(redis.RedisError, OSError), _looks.at("valkey") as found:
            said = client.info()
            found.extend((figure, labels, said[word]) for figure, labels, word in COUNTED)
        time.sleep(EVERY_S)


def _watch_books(_settings: Settings) -> None:
    while True:
        began = time.monotonic()
        with suppress(django.db.Error, psycopg.Error), _looks.at("invariants") as found:
            found.extend(check_books())
        django.db.connections.close_all()
        time.sleep(max(AUDIT_EVERY_S, (time.monotonic() - began) / AUDIT_SHARE))


def check_books() -> list[Sample]:
    """Each rule with what it found, at most `audit.MAX_FOUND`."""
    began = time.monotonic()
    wrong = Counter(difference.rule for difference in audit.find_differences())
    return [
        *((names.DIFFERENCES, (rule,), wrong[rule]) for rule in audit.RULES),
        (names.CHECKED_AT, (), time.time()),
        (names.CHECK_SECONDS, (), time.monotonic() - began),
    ]
