"""What pg_stat_statements has counted, looked at twice; and how PostgreSQL would do a statement that is slow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from fairgate.doctor.looks.asking import Asked, Connection, Row
from fairgate.doctor.looks.sessions import shown

WHERE = """
SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
 WHERE e.extname = 'pg_stat_statements'
"""
COUNTS = """
SELECT queryid AS id, sum(calls)::bigint AS calls, sum(total_exec_time)::float AS total_ms
  FROM %s.pg_stat_statements(false)
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL
 GROUP BY queryid
"""
TEXTS = """
SELECT DISTINCT ON (queryid) queryid AS id, query FROM %s.pg_stat_statements(true) WHERE queryid = ANY (%%(ids)s)
"""
# Of each order, by time and by calls, so many are looked at.
MOST = 15
# What has the operator or a program of PostgreSQL's done, not a page.
CHORES = re.compile(
    r"^\W*(copy|create|alter|drop|vacuum|analyze|reindex|refresh|cluster|checkpoint|explain|set|show|reset|begin|commit"
    r"|rollback|savepoint|release|listen|declare|fetch|close|deallocate|discard|lock|do|call|truncate|grant|revoke"
    r"|comment|prepare|load|start|end)\b",
    re.IGNORECASE,
)
OURS = re.compile(r"\bpg_(stat|catalog|locks|class|database_size|relation_size)\w*", re.IGNORECASE)
WORDS = re.compile(r"[a-z_][a-z0-9_]*")
COLUMNS = "SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass(%(table)s) AND attnum > 0"
# What is caught in PL/pgSQL does not come into the server's log, and many a statement cannot be planned: its table is
# gone, its text was cut, a constant was where no parameter may be, this PostgreSQL is older than 16.
ASK = "SELECT set_config('fairgate.asked', %(asked)s, true)"
PLAN = """
DO $doctor$
DECLARE plan json;
BEGIN
    EXECUTE current_setting('fairgate.asked') INTO plan;
    PERFORM set_config('fairgate.plan', plan::text, true);
EXCEPTION WHEN OTHERS THEN
    NULL;
END $doctor$
"""
ROWS = "SELECT greatest(reltuples, 0)::bigint AS rows FROM pg_class WHERE oid = to_regclass(%(table)s)"


@dataclass(frozen=True)
class Statement:
    """`calls_now` and `now_ms` are what was added between the looks."""

    id: int
    text: str
    raw: str
    calls: int
    total_ms: float
    calls_now: int
    now_ms: float

    @property
    def each_ms(self) -> float:
        return self.total_ms / self.calls if self.calls else 0.0

    @property
    def each_now_ms(self) -> float:
        return self.now_ms / self.calls_now if self.calls_now else 0.0


@dataclass(frozen=True)
class Scan:
    """A whole table that is read for a statement, and the columns by which its rows are sorted out."""

    table: str
    rows: int
    columns: tuple[str, ...]


def look(asked: Asked, pause: Callable[[], None]) -> tuple[Statement, ...] | None:
    """None without the extension, or when nobody may read it."""
    schema = asked.row("pg_stat_statements", WHERE).get("schema")
    if schema is None:
        pause()
        return None
    before = {row["id"]: row for row in asked.rows("pg_stat_statements", COUNTS % schema)}
    pause()
    after = asked.rows("pg_stat_statements", COUNTS % schema)
    if not after:
        return None
    chosen = _chosen(after, before)
    ids = {"ids": [row["id"] for row in chosen]}
    texts = {row["id"]: row["query"] for row in asked.rows("pg_stat_statements", TEXTS % schema, ids)}
    found = [_statement(row, before.get(row["id"]), texts.get(row["id"]) or "") for row in chosen]
    return tuple(one for one in found if one.raw and is_of_a_page(one.raw))


def is_of_a_page(statement: str) -> bool:
    return not CHORES.match(statement) and not OURS.search(statement)


def _chosen(after: list[Row], before: dict[int, Row]) -> list[Row]:
    def now(row: Row, column: str) -> float:
        return float(row[column] - before[row["id"]][column] if row["id"] in before else row[column])

    orders: tuple[Callable[[Row], float], ...] = (
        lambda row: now(row, "total_ms"),
        lambda row: now(row, "calls"),
        lambda row: float(row["total_ms"]),
    )
    chosen = {row["id"]: row for order in orders for row in sorted(after, key=order, reverse=True)[:MOST]}
    return list(chosen.values())


def _statement(row: Row, before: Row | None, text: str) -> Statement:
    calls, total = (before["calls"], before["total_ms"]) if before else (0, 0.0)
    return Statement(
        row["id"], shown(text), text, row["calls"], row["total_ms"], max(0, row["calls"] - calls),
        max(0.0, row["total_ms"] - total),
    )  # fmt: skip


def scans(connection: Connection, statement: str) -> tuple[Scan, ...]:
    """By the plan, without doing it, and as the application: planning may run functions that somebody has made."""
    generic = ", GENERIC_PLAN" if re.search(r"\$\d", statement) else ""
    try:
        with connection.transaction():
            # As a value: nothing in the statement can end the block.
            connection.execute(ASK, {"asked": f"EXPLAIN (FORMAT JSON{generic}) {statement}"})
            connection.execute(PLAN)
            row = connection.execute("SELECT current_setting('fairgate.plan', true) AS plan").fetchone() or {
                "plan": None
            }
        if not row["plan"]:
            return ()
        nodes = _nodes(json.loads(row["plan"])[0]["Plan"])
        read = [node for node in nodes if node.get("Node Type") == "Seq Scan" and "Filter" in node]
        return tuple(_scan(connection, node) for node in read)
    except psycopg.Error:
        return ()


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _scan(connection: Connection, node: dict[str, Any]) -> Scan:
    table = str(node["Relation Name"])
    named = {"table": f'"{table}"'}
    rows = connection.execute(ROWS, named).fetchone() or {"rows": 0}
    columns = {row["name"] for row in connection.execute(COLUMNS, named)}
    words = dict.fromkeys(WORDS.findall(str(node["Filter"])))
    return Scan(table, rows["rows"], tuple(word for word in words if word in columns))
