"""The standbys and read replicas: how far behind each is, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg

from fairgate.doctor.looks.asking import Asked, connect
from fairgate.runtime.status import without_password

HERE = "SELECT pg_current_wal_lsn()::text AS lsn"
THERE = """
SELECT pg_is_in_recovery() AS follows,
       CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END AS is_paused,
       CASE WHEN pg_is_in_recovery()
            THEN pg_wal_lsn_diff(%(lsn)s::pg_lsn, coalesce(pg_last_wal_replay_lsn(), '0/0'))::bigint
       END AS lag_bytes,
       CASE WHEN pg_is_in_recovery()
            THEN pg_wal_lsn_diff(%(lsn)s::pg_lsn, coalesce(pg_last_wal_receive_lsn(), '0/0'))::bigint
       END AS unsent_bytes,
       coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0)::float AS replayed_s
"""
USED = "SELECT indexrelname AS name, idx_scan AS scans FROM pg_stat_user_indexes WHERE idx_scan > 0"
SLOTS = """
SELECT slot_name AS name, active, coalesce(wal_status, '') AS status,
       coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint AS kept_bytes
  FROM pg_replication_slots
"""
WAITING = """
SELECT current_setting('synchronous_standby_names') AS names,
       (SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep')::int AS waiting
"""


@dataclass(frozen=True)
class Replica:
    """`error`: why nothing is known of it. `lag_s`: since what it shows last, if it does not show all."""

    url: str
    port: int
    error: str = ""
    is_paused: bool = False
    lag_bytes: int = 0
    unsent_bytes: int = 0
    lag_s: float = 0.0
    is_primary: bool = False
    used_indexes: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Slot:
    name: str
    active: bool
    status: str
    kept_bytes: int


@dataclass(frozen=True)
class Replication:
    replicas: tuple[Replica, ...] = ()
    slots: tuple[Slot, ...] = ()
    waits_for: str = ""
    waiting: int = 0


def look(asked: Asked, urls: Iterable[str]) -> Replication:
    lsn = asked.row("the log's place", HERE).get("lsn")
    replicas = tuple(_look(url, lsn) for url in urls) if lsn else ()
    slots = tuple(Slot(**row) for row in asked.rows("replication slots", SLOTS))
    waits = asked.row("standbys", WAITING) or {"names": "", "waiting": 0}
    return Replication(replicas, slots, waits["names"], waits["waiting"])


def _look(url: str, lsn: str) -> Replica:
    told = without_password(url)
    try:
        with connect(url) as connection:
            port = connection.info.port
            asked = Asked(connection)
            said = asked.row("the replica", THERE, {"lsn": lsn})
            used = frozenset(row["name"] for row in asked.rows("the replica", USED))
    except psycopg.Error as error:
        return Replica(told, 0, error=" ".join(str(error).split()))
    if not said:
        return Replica(told, port, error=f"it does not tell {', '.join(asked.not_seen)}")
    if not said["follows"]:
        return Replica(told, port, is_primary=True, used_indexes=used)
    behind = max(0, said["lag_bytes"])
    return Replica(
        url=told,
        port=port,
        is_paused=said["is_paused"],
        lag_bytes=behind,
        unsent_bytes=max(0, said["unsent_bytes"]),
        lag_s=said["replayed_s"] if behind else 0.0,
        used_indexes=used,
    )
