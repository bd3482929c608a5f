"""PostgreSQL, by its own statistics. What the role may not see is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from fairgate.lib.metrics import names
from fairgate.lib.metrics.figure import Sample

TIMEOUT_S = 3
Database = psycopg.Connection[tuple[Any, ...]]

CONNECTIONS = """
SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1
"""
SERVER = """
SELECT current_setting('max_connections')::int,
       (SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'),
       (SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float
          FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
       pg_database_size(current_database()),
       (SELECT failed_count FROM pg_stat_archiver)
"""
DATABASE = """
SELECT xact_commit, xact_rollback, blks_hit, blks_read, deadlocks, temp_bytes
  FROM pg_stat_database WHERE datname = current_database()
"""
TABLES = "SELECT relname, n_live_tup, n_dead_tup FROM pg_stat_user_tables WHERE schemaname = 'public'"
# Two may follow under one name while one is exchanged.
STANDBYS = """
SELECT application_name, max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::float,
       coalesce(extract(epoch FROM max(replay_lag)), 0)::float
  FROM pg_stat_replication WHERE replay_lsn IS NOT NULL GROUP BY 1
"""


def connect(url: str) -> Database:
    return psycopg.connect(
        url,
        autocommit=True,
        application_name="fairgate figures",
        connect_timeout=TIMEOUT_S,
        tcp_user_timeout=TIMEOUT_S * 1000,
        options=f"-c statement_timeout={2 * TIMEOUT_S}s",
    )


def look(database: Database) -> Iterator[Sample]:
    for state, count in database.execute(CONNECTIONS):
        yield names.PG_CONNECTIONS, (state,), count
    most, locked, longest_s, size, failed = database.execute(SERVER).fetchone() or (0, 0, 0, 0, 0)
    yield names.PG_CONNECTIONS_MOST, (), most
    yield names.PG_LOCKED, (), locked
    yield names.PG_LONGEST, (), longest_s
    yield names.PG_SIZE, (), size
    yield names.PG_ARCHIVE_FAILED, (), failed
    committed, rolled_back, hit, read, deadlocks, temporary = database.execute(DATABASE).fetchone() or (0,) * 6
    yield names.PG_TRANSACTIONS, ("committed",), committed
    yield names.PG_TRANSACTIONS, ("rolled back",), rolled_back
    yield names.PG_BLOCKS, ("cache",), hit
    yield names.PG_BLOCKS, ("disk",), read
    yield names.PG_DEADLOCKS, (), deadlocks
    yield names.PG_TEMPORARY, (), temporary
    for table, live, dead in database.execute(TABLES):
        yield names.PG_LIVE, (table,), live
        yield names.PG_DEAD, (table,), dead
    for standby, lag_bytes, lag_s in database.execute(STANDBYS):
        yield names.PG_STANDBY_BYTES, (standby,), lag_bytes
        yield names.PG_STANDBY_SECONDS, (standby,), lag_s
