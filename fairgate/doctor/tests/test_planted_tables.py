"""Faults of tables and indexes, planted in a database of a test's own: each is what is named first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from fairgate.doctor.finding import Urgency
from fairgate.doctor.looks import database, tables
from fairgate.doctor.looks.asking import Asked, connect
from fairgate.doctor.looks.statements import Scan, Statement
from fairgate.doctor.rules import judge
from fairgate.doctor.scene import Scene
from fairgate.doctor.tests.conftest import Bare, Connection
from fairgate.doctor.tests.named import named_first


def test_a_table_that_is_read_whole_again_and_again(quiet: Scene, bare: Bare) -> None:
    with bare.connect() as connection:
        connection.execute("CREATE TABLE pages AS SELECT n FROM generate_series(1, 20000) n")
        connection.execute("ANALYZE pages")

    def read(connection: Connection) -> None:
        for _ in range(6):
            connection.execute("SELECT count(*) FROM pages")

    seen = tables_after(quiet, bare, read)
    first = named_first("sequential-scans", judge(seen))
    assert first.urgency is Urgency.HURTS
    assert first.evidence[0].startswith("20,000 rows; 120,000 read by scans")

    # What follows from a statement that is told of is left out.
    text = "SELECT count(*) FROM pages WHERE n = …"
    slow = Statement(1, text, text, calls=9, total_ms=9_000, calls_now=6, now_ms=6_000)
    assert seen.database.tables is not None
    crowded_out = replace(seen.database.tables, read=1_000_000)
    scan = {text: (Scan("pages", 20_000, ("n",)),)}
    caused = replace(
        seen.database, statements=(slow,), scans=scan, tables=crowded_out, settings={"shared_buffers": "16"}
    )
    assert [one.id for one in judge(replace(seen, database=caused))] == ["missing-index"]


def test_what_was_slow_and_is_over_is_not_told(quiet: Scene) -> None:
    over = Statement(1, "SELECT …", "SELECT 1", calls=1000, total_ms=900_000, calls_now=0, now_ms=0)
    again = replace(over, calls_now=2, now_ms=1800)

    assert judge(replace(quiet, database=database.Database(statements=(over,)))) == []
    named_first("slow-statement", judge(replace(quiet, database=database.Database(statements=(again,)))))


@pytest.mark.parametrize(("columns", "told"), [(("n",), ["missing-index"]), ((), [])])
def test_what_is_short_but_takes_much_is_told_if_it_reads_a_whole_table(
    quiet: Scene, columns: tuple[str, ...], told: list[str]
) -> None:
    text = "SELECT count(*) FROM pages WHERE n = …"
    often = Statement(1, text, text, calls=900, total_ms=9_000, calls_now=90, now_ms=900)
    scans = {text: (Scan("pages", 200_000, columns),)}

    found = judge(replace(quiet, database=database.Database(statements=(often,), scans=scans)))

    assert [one.id for one in found] == told


def test_an_index_that_nobody_reads(quiet: Scene, bare: Bare) -> None:
    def write(connection: Connection) -> None:
        connection.execute("CREATE TABLE pages (n int)")
        connection.execute("CREATE INDEX pages_never ON pages (n)")
        connection.execute("INSERT INTO pages SELECT n FROM generate_series(1, 50000) n")
        connection.execute("ANALYZE pages")

    first = named_first("unused-index", judge(tables_after(quiet, bare, write)))
    assert first.title == "Nobody reads the index pages_never of pages"


def test_an_index_that_was_never_finished(quiet: Scene, bare: Bare) -> None:
    def interrupt(connection: Connection) -> None:
        connection.execute("CREATE TABLE pages AS SELECT 1 AS n FROM generate_series(1, 2)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY pages_n ON pages (n)")

    first = named_first("invalid-index", judge(tables_after(quiet, bare, interrupt)))
    assert 'reindex index concurrently pages_n"' in first.levers[0]


def test_a_table_full_of_deleted_rows(quiet: Scene, bare: Bare) -> None:
    def delete(connection: Connection) -> None:
        connection.execute("CREATE TABLE pages (n int) WITH (autovacuum_enabled = off)")
        connection.execute("INSERT INTO pages SELECT n FROM generate_series(1, 20000) n")
        connection.execute("ANALYZE pages")
        connection.execute("DELETE FROM pages")

    first = named_first("dead-tuples", judge(tables_after(quiet, bare, delete)))
    assert "vacuumed never. Its autovacuum is switched off." in first.evidence[0]
    assert 'vacuum (analyze) pages"' in first.levers[0]


def test_memory_that_is_too_small(quiet: Scene, bare: Bare) -> None:
    """For a temporary table without an index, which has little of it and is read again and again within a second."""
    with bare.connect() as reader:
        reader.execute("SET temp_buffers = 100")
        reader.execute("CREATE TEMP TABLE pages (n int) WITH (fillfactor = 10)")
        reader.execute("INSERT INTO pages SELECT n FROM generate_series(1, 25000) n")
        reader.execute("DO 'BEGIN FOR i IN 1..120 LOOP PERFORM count(*) FROM pages; END LOOP; END'")
        reader.execute("SELECT pg_stat_force_next_flush()")
        first = named_first("cache-hits", judge(bare.seen(quiet)))

    assert "shared_buffers is 67 MB" in first.evidence[0]


def tables_after(quiet: Scene, bare: Bare, work: Callable[[Connection], None]) -> Scene:
    """With all counted that was done, which a session does by itself once a second."""

    def pause() -> None:
        with bare.connect() as connection:
            work(connection)
            connection.execute("SELECT pg_stat_force_next_flush()")

    with connect(bare.url) as connection:
        seen = tables.look(Asked(connection), pause)
    return replace(quiet, database=database.Database(tables=seen))
