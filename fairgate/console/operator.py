"""What a web process can know of the whole installation by itself: the operator's page.

Of the database it asks the database, of the queue its table and the broker, of the processes the supervisor that it
runs under. Operators who look at once are shown the same for a second.
"""

from __future__ import annotations

import time
from typing import Any

import redis
from django.db import connection
from kombu.connection import Connection as Broker
from kombu.exceptions import KombuError

from fairgate.console.operations import Database, Operations, Outbox, Parked, Pool, Replica, Server
from fairgate.console.recent_errors import Told, recent
from fairgate.console.supervisor import processes_of
from fairgate.lib import clock, env
from fairgate.lib.cache import Kept, cache
from fairgate.outbox.relay import QUEUE

PATIENCE_S = 1
PARKED_SHOWN = 10

DATABASE = """
SELECT current_setting('server_version'), pg_database_size(current_database()), pg_postmaster_start_time(),
       current_setting('max_connections')::int,
       count(*) FILTER (WHERE a.backend_type = 'client backend')::int,
       count(*) FILTER (WHERE a.wait_event_type = 'Lock')::int,
       coalesce(max(extract(epoch FROM clock_timestamp() - a.xact_start)) FILTER (
           WHERE a.backend_type = 'client backend' AND a.datname = current_database()), 0)::float8,
       d.blks_hit, d.blks_read, d.deadlocks
  FROM pg_stat_activity a CROSS JOIN pg_stat_database d
 WHERE d.datname = current_database() AND a.pid <> pg_backend_pid()
 GROUP BY d.blks_hit, d.blks_read, d.deadlocks
"""
# A slot without a reader is a standby that is away, and the database keeps for it what it has not read.
REPLICAS = """
SELECT coalesce(r.application_name, s.slot_name),
       CASE WHEN r.pid IS NULL THEN 'away' ELSE coalesce(r.state, 'hidden') END,
       coalesce(r.sync_state, ''),
       pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(r.replay_lsn, s.restart_lsn))::bigint,
       extract(epoch FROM r.replay_lag)::float8
  FROM pg_stat_replication r
  FULL JOIN (SELECT * FROM pg_replication_slots WHERE slot_type = 'physical') s ON s.active_pid = r.pid
 ORDER BY 1
"""
# The relay moves on what is due, so a worker that stands still shows in what nobody has tried even once. Bumps of
# caches are no mail, and come with each change of an event.
OUTBOX = """
SELECT count(*), min(created_at),
       count(*) FILTER (WHERE attempts = 0 AND created_at < now() - interval '1 minute'),
       count(*) FILTER (WHERE topic <> 'cache_bumped'), min(created_at) FILTER (WHERE topic <> 'cache_bumped'),
       (SELECT done_at FROM outbox_message WHERE done_at IS NOT NULL ORDER BY done_at DESC LIMIT 1),
       (SELECT done_at FROM outbox_message WHERE done_at IS NOT NULL AND topic <> 'cache_bumped'
         ORDER BY done_at DESC LIMIT 1),
       (SELECT count(*) FROM outbox_message WHERE parked_at IS NOT NULL)
  FROM outbox_message WHERE done_at IS NULL AND parked_at IS NULL
"""
PARKED = """
SELECT topic, parked_at, last_error, request_id
  FROM outbox_message WHERE parked_at IS NOT NULL ORDER BY parked_at DESC LIMIT %s
"""

# Freshness: a second. Near alone: processes are those of this host, and who shares a cache may be on another.
OPERATIONS = Kept("operations", Operations, fresh_s=1, stale_s=1, is_shared=False)


def operations() -> Operations:
    found = cache().fetch(OPERATIONS, (), _read)
    assert found is not None
    return found


def _read() -> Operations:
    settings = env.settings()
    with connection.cursor() as cursor:
        cursor.execute(DATABASE)
        database = Database(*cursor.fetchone())
        cursor.execute(REPLICAS)
        replicas = [Replica(*row) for row in cursor.fetchall()]
        cursor.execute(OUTBOX)
        outbox = Outbox(*cursor.fetchone())
        cursor.execute(PARKED, [PARKED_SHOWN])
        parked = [Parked(*row) for row in cursor.fetchall()]
    return Operations(
        clock.now(), processes_of(settings.data_dir), database, replicas, outbox, parked,
        _broker(settings.broker_url), _valkey(settings.valkey_url),
    )  # fmt: skip


def pool() -> Pool | None:
    """Of this process alone; None while it has none."""
    its = getattr(connection, "pool", None)
    if its is None:
        return None
    told = its.get_stats()
    return Pool(
        told.get("pool_size", 0), told.get("pool_available", 0), told.get("requests_waiting", 0), its.max_size
    )  # fmt: skip


def cache_counts() -> dict[str, int]:
    """Of this process: how often it found something near and far, and had to build it."""
    counts = cache().counts
    return {name: counts[name] for name in ("near", "far", "stale", "joined", "built", "late", "away")}


def errors() -> list[Told]:
    return recent.latest()


def _broker(url: str) -> Server:
    """How many hints wait for a worker. Whatever the broker is, a queue is asked for in the same way."""
    began = time.perf_counter()
    options = {"socket_connect_timeout": PATIENCE_S, "socket_timeout": PATIENCE_S}
    with Broker(url, connect_timeout=PATIENCE_S, transport_options=options) as broker:
        try:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE_S)
            channel: Any = broker.default_channel
            waiting: int = channel.queue_declare(QUEUE, passive=True).message_count
        except tuple(broker.channel_errors):  # In Valkey an empty queue is one that is not there.
            waiting = 0
        except (*broker.connection_errors, KombuError, OSError):  # type: ignore[misc]
            return Server("broker", None, None)
    return Server("broker", _ms(began), waiting)


def _valkey(url: str) -> Server:
    began = time.perf_counter()
    plain = url.replace("valkey://", "redis://", 1)
    try:
        with redis.Redis.from_url(plain, socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S) as client:
            used = int(client.info("memory")["used_memory"])
    except (redis.RedisError, OSError):
        return Server("valkey", None, None)
    return Server("valkey", _ms(began), used)


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
