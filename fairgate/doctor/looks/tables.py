"""How PostgreSQL reads its tables and indexes, by its own statistics, looked at twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fairgate.doctor.looks.asking import Asked

# As large as the last vacuum or analysis saw them: pg_relation_size would wait where somebody holds a lock.
TABLES = """
SELECT s.relid::bigint AS id, s.relname AS name, greatest(c.reltuples, 0)::bigint AS rows, s.n_dead_tup AS dead,
       s.seq_scan AS scans, s.seq_tup_read AS scanned, coalesce(s.idx_scan, 0) AS by_index,
       -- Since PostgreSQL 16.
       coalesce(extract(epoch FROM now() - (to_jsonb(s) ->> 'last_seq_scan')::timestamptz), -1)::float AS last_scan_s,
       s.n_tup_ins + s.n_tup_upd - s.n_tup_hot_upd AS index_writes,
       c.relpages::bigint * 8192 AS bytes,
       coalesce(extract(epoch FROM now() - greatest(s.last_vacuum, s.last_autovacuum)), -1)::float AS vacuumed_s,
       coalesce((SELECT split_part(option, '=', 2) FROM unnest(c.reloptions) option
                  WHERE option LIKE 'autovacuum_enabled=%%'), 'on') IN ('on', 'true', '1', 'yes') AS vacuums_itself
  FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
"""
INDEXES = """
SELECT s.relname AS table, s.indexrelname AS name, s.idx_scan AS scans, c.relpages::bigint * 8192 AS bytes,
       i.indisunique OR EXISTS (SELECT FROM pg_constraint WHERE conindid = s.indexrelid) AS is_promise,
       i.indisvalid AS is_valid
  FROM pg_stat_user_indexes s JOIN pg_index i ON i.indexrelid = s.indexrelid JOIN pg_class c ON c.oid = s.indexrelid
"""
BLOCKS = """
SELECT coalesce(sum(heap_blks_hit + coalesce(idx_blks_hit, 0)), 0)::bigint AS hit,
       coalesce(sum(heap_blks_read + coalesce(idx_blks_read, 0)), 0)::bigint AS read,
       pg_database_size(current_database()) AS bytes
  FROM pg_statio_user_tables
"""


@dataclass(frozen=True)
class Table:
    """`scans` and `scanned` (rows read by them) since the statistics began, `scanned_now` since the first look.
    `last_scan_s`: since the last one ended; -1 where that is not known."""

    name: str
    rows: int
    dead: int
    scans: int
    scanned: int
    scanned_now: int
    last_scan_s: float
    index_writes: int
    bytes: int
    vacuumed_s: float
    vacuums_itself: bool


@dataclass(frozen=True)
class Index:
    table: str
    name: str
    scans: int
    bytes: int
    is_promise: bool
    is_valid: bool


@dataclass(frozen=True)
class Tables:
    tables: tuple[Table, ...]
    indexes: tuple[Index, ...]
    hit: int
    read: int
    bytes: int


def look(asked: Asked, pause: Callable[[], None]) -> Tables:
    before = {row["id"]: row["scanned"] for row in asked.rows("tables", TABLES)}
    pause()
    tables = [
        Table(
            name=row["name"],
            rows=row["rows"],
            dead=row["dead"],
            scans=row["scans"],
            scanned=row["scanned"],
            scanned_now=max(0, row["scanned"] - before.get(row["id"], row["scanned"])),
            last_scan_s=row["last_scan_s"],
            index_writes=row["index_writes"],
            bytes=row["bytes"],
            vacuumed_s=row["vacuumed_s"],
            vacuums_itself=row["vacuums_itself"],
        )
        for row in asked.rows("tables", TABLES)
    ]
    indexes = [Index(**row) for row in asked.rows("indexes", INDEXES)]
    blocks = asked.row("the database's memory", BLOCKS) or {"hit": 0, "read": 0, "bytes": 0}
    return Tables(tuple(tables), tuple(indexes), **blocks)
