"""The standbys and read replicas: how far behind each is, and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import psycopg

from fairgate.doctor.looks import sessions
from fairgate.doctor.looks.asking import Asked, Row, admin_url, connect
from fairgate.doctor.looks.sessions import Session
from fairgate.lib.database_url import without_password
from fairgate.runtime.installation import Installation

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
       coalesce(pg_last_wal_replay_lsn()::text, '') AS replayed,
       coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0)::float AS replayed_s
"""
# Whether replay waits there, and for whom; others' waits are told to an administrator alone.
REPLAY = """
SELECT coalesce(wait_event_type = 'Lock' OR wait_event LIKE 'RecoveryConflict%' OR wait_event = 'BufferPin', false)
       AS is_held, pg_blocking_pids(pid) AS held_by, pg_has_role('pg_read_all_stats', 'usage') AS sees_all
  FROM pg_stat_activity WHERE backend_type = 'startup'
"""
REPLAYED = "SELECT pg_last_wal_replay_lsn()::text AS lsn"
ENDED = """
SELECT confl_lock + confl_snapshot + confl_bufferpin + confl_deadlock AS ended
  FROM pg_stat_database_conflicts WHERE datname = current_database()
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

# No replay for so long is none at all.
STILL_S = 1.0


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
    # What it had replayed, and whether it was still there at the second look.
    replayed: str = ""
    stands_still: bool = False
    # Who holds replay up, and how many have been ended for its sake.
    holder: Session | None = None
    ended: int = 0
    # Whether others' sessions there are ours to see.
    sees_all: bool = False


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


def look(asked: Asked, installation: Installation, urls: Iterable[str], pause: Callable[[], None]) -> Replication:
    lsn = asked.row("the log's place", HERE).get("lsn")
    known = {url: _look(url, lsn) for url in urls} if lsn else {}
    slots = tuple(Slot(**row) for row in asked.rows("replication slots", SLOTS))
    waits = asked.row("standbys", WAITING) or {"names": "", "waiting": 0}
    began = time.monotonic()
    pause()
    waited_s = time.monotonic() - began
    replicas = tuple(_again(installation, url, one, waited_s) for url, one in known.items())
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
        replayed=said["replayed"],
    )


def _again(installation: Installation, url: str, seen: Replica, waited_s: float) -> Replica:
    """One that is behind is looked into, by its administrator where it is ours."""
    if seen.error or seen.is_primary or seen.is_paused or not seen.lag_bytes:
        return seen
    try:
        with connect(admin_url(installation, seen.port) or url) as connection:
            asked = Asked(connection)
            is_there = asked.row("the replica", REPLAYED).get("lsn") == seen.replayed
            stands_still = is_there and waited_s >= STILL_S
            replay = asked.row("the replica's replay", REPLAY) or {"is_held": False, "held_by": [], "sees_all": False}
            there = sessions.connected(asked)
            ended = asked.row("the replica's conflicts", ENDED).get("ended", 0)
    except psycopg.Error:
        return seen
    holder = _holder(there, replay, stands_still)
    return replace(seen, stands_still=stands_still, holder=holder, ended=ended, sees_all=replay["sees_all"])


def _holder(there: Iterable[Session], replay: Row, stands_still: bool) -> Session | None:
    """The one that replay waits for; where that is not told, the oldest that reads, if replay stands still."""
    reading = sorted((one for one in there if one.open_s), key=lambda one: -one.open_s)
    named = [one for one in reading if one.pid in replay["held_by"]]
    is_held = replay["is_held"] or (stands_still and bool(reading) and reading[0].open_s >= STILL_S)
    return next(iter(named or reading), None) if is_held else None
