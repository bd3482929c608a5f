"""Tables that are not tidied up, indexes that nobody uses, memory that is too small for them."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.rules.statements import scanned_now
from fairgate.doctor.rules.words import seconds, size, sql
from fairgate.doctor.scene import Scene

# PostgreSQL's own measure for a vacuum, twice; and so small a table costs nothing.
DEAD_SHARE, DEAD_LEAST = 0.4, 10_000
INDEX_LEAST, WRITES_LEAST = 1_000_000, 10_000
HITS, READS_LEAST = 0.95, 100_000


def dead(scene: Scene) -> Iterator[Finding]:
    tables = scene.database.tables
    for one in tables.tables if tables else ():
        if one.dead < DEAD_LEAST + DEAD_SHARE * one.rows:
            continue
        when = f"last {seconds(one.vacuumed_s)} ago" if one.vacuumed_s >= 0 else "never"
        off = "" if one.vacuums_itself else " Its autovacuum is switched off."
        on = f"alter table {one.name} reset (autovacuum_enabled)"
        yield Finding(
            "dead-tuples",
            Urgency.HURTS if one.dead > 2 * one.rows else Urgency.ADVICE,
            f"{one.name} holds more deleted rows than its vacuum clears away",
            (f"{one.dead:,} dead of {one.rows + one.dead:,} rows, {size(one.bytes)}; vacuumed {when}.{off}",),
            (sql(scene, f"vacuum (analyze) {one.name}"), *(() if one.vacuums_itself else (sql(scene, on),))),
            cost=1,
        )


def no_vacuum(scene: Scene) -> Iterator[Finding]:
    if scene.database.settings.get("autovacuum") == "off":
        yield Finding(
            "autovacuum-off",
            Urgency.ADVICE,
            "Autovacuum is off: tables grow for ever, and plans get worse",
            ("autovacuum = off.",),
            ("alter system set autovacuum = on; then select pg_reload_conf()",),
            cost=1,
        )


def unused(scene: Scene) -> Iterator[Finding]:
    """Written again and again, read never, neither here nor on a replica; and no promise such as a unique one."""
    tables = scene.database.tables
    if tables is None:
        return
    writes = {one.name: one.index_writes for one in tables.tables}
    elsewhere = frozenset[str]().union(*(one.used_indexes for one in scene.database.replication.replicas))
    for one in tables.indexes:
        is_unused = one.scans == 0 and not one.is_promise and one.name not in elsewhere
        if is_unused and one.bytes >= INDEX_LEAST and writes.get(one.table, 0) >= WRITES_LEAST:
            yield Finding(
                "unused-index",
                Urgency.ADVICE,
                f"Nobody reads the index {one.name} of {one.table}",
                (f"0 reads since the statistics began, {writes[one.table]:,} writes, {size(one.bytes)}.",),
                (sql(scene, f"drop index concurrently {one.name}") + "   # unless a migration of Fairgate made it",),
                cost=one.bytes / 1e9,
            )


def invalid(scene: Scene) -> Iterator[Finding]:
    tables = scene.database.tables
    for one in tables.indexes if tables else ():
        if not one.is_valid:
            yield Finding(
                "invalid-index",
                Urgency.ADVICE,
                f"The index {one.name} of {one.table} was never finished: it is written and cannot be read",
                (f"{size(one.bytes)}; indisvalid is false.",),
                (sql(scene, f"reindex index concurrently {one.name}"),),
                cost=1,
            )


def memory(scene: Scene) -> Iterator[Finding]:
    """Not while a table is read whole, which needs more memory than there is and pushes all else out of it."""
    tables = scene.database.tables
    if tables is None or tables.read < READS_LEAST or scanned_now(scene):
        return
    hits = tables.hit / (tables.hit + tables.read)
    buffers = int(scene.database.settings.get("shared_buffers", "0")) * 8192
    if hits >= HITS or not buffers:
        return
    yield Finding(
        "cache-hits",
        Urgency.ADVICE,
        "The database reads much from disk: its memory is too small for what is asked",
        (
            f"{100 * hits:.1f} % of {tables.hit + tables.read:,} blocks were in memory; shared_buffers is"
            f" {size(buffers)}, the database {size(tables.bytes)}, and the machine has"
            f" {size(scene.machine.memory_mb * 1e6)}.",
        ),
        (
            "A PostgreSQL of your own (FAIRGATE_DATABASE_URL) with a quarter of the memory as shared_buffers, as in"
            " deploy/hosts/postgresql.conf."
            if scene.database.is_own
            else "shared_buffers of a quarter of that machine's memory; it takes a restart of the server.",
        ),
        cost=1 - hits,
    )


RULES = (dead, no_vacuum, unused, invalid, memory)
