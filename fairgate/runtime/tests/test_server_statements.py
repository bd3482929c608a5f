"""PostgreSQL counts what statements cost, and neither a backup nor a server without it minds."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg

from fairgate.runtime import backup_database, binaries, server_statements
from fairgate.runtime.installation import Installation
from fairgate.runtime.postgres import Postgres
from fairgate.testing.waiting import free_port

EXTENSIONS = "SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'"


def server_in(folder: Path) -> Postgres:
    installation = Installation(folder)
    installation.create_folders()
    return Postgres(installation, binaries.postgres_folder(os.environ), free_port(), "secret", "secret")


def test_statements_are_counted_with_placeholders_alone(tmp_path: Path) -> None:
    server = server_in(tmp_path)
    server.prepare()
    with backup_database.running(server):
        server_statements.create(server)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("SELECT 'ben@example.org' AS counted")
            texts = [text for (text,) in connection.execute("SELECT query FROM pg_stat_statements").fetchall()]
        with backup_database.dump(server.binaries, server.url) as dumped:
            content = dumped.read()

    assert "SELECT $1 AS counted" in texts
    assert "ben@" not in repr(texts)
    assert b"pg_stat_statements" not in content


def test_a_server_that_has_not_loaded_it_is_left_as_it_is(tmp_path: Path) -> None:
    class Plain(Postgres):
        def counts_statements(self) -> bool:
            return False

    plain = Plain(**{**vars(server_in(tmp_path))})
    plain.prepare()
    with backup_database.running(plain):
        as_admin = f"postgresql://postgres:secret@127.0.0.1:{plain.port}/fairgate"
        server_statements.create(plain)
        for url in (plain.url, as_admin):
            server_statements.create_elsewhere(url)
        with psycopg.connect(plain.url) as connection:
            assert connection.execute(EXTENSIONS).fetchone() == (0,)
