"""Migrations run while people buy: none may lock a table for long, and none waits long for a lock."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from fairgate.core.management.commands import migrate as module

# What the first installations were made with: their tables were empty.
FIRST = {
    "accounts": "0001", "checkin": "0003", "core": "0001", "events": "0002", "orders": "0007", "organizers": "0001",
    "outbox": "0001", "payments": "0001", "stock": "0005",
}  # fmt: skip
SQUAWK = Path(sys.executable).with_name("squawk")
OLDEST_POSTGRES = "15.0"
# A matter of taste, or of the statement around it, which is Django's; the timeout is the command's.
NOT_ASKED = (
    "prefer-robust-stmts", "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-text-field",
    "prefer-identity", "require-timeout-settings", "prefer-timestamp-tz",
    "ban-concurrent-index-creation-in-transaction",
)  # fmt: skip


def later() -> list[tuple[str, str]]:
    """Of our own apps, all that an installation in use may still have to run."""
    known = MigrationLoader(None).disk_migrations
    return sorted(
        (app, name)
        for (app, name), migration in known.items()
        if type(migration).__module__.startswith("fairgate.") and name[:4] > FIRST.get(app, "0000")
    )


def complaints(sql: str, tmp_path: Path) -> str:
    file = tmp_path / "migration.sql"
    file.write_text(sql)
    done = subprocess.run(
        [SQUAWK, "--pg-version", OLDEST_POSTGRES, "--exclude", ",".join(NOT_ASKED), file],
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout if done.returncode else ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("app", "name"), later())
def test_no_migration_locks_a_table_for_long(app: str, name: str, tmp_path: Path) -> None:
    sql = call_command("sqlmigrate", app, name, no_color=True)

    assert complaints(sql, tmp_path) == ""


def test_what_locks_a_table_is_seen(tmp_path: Path) -> None:
    assert "concurrent" in complaints("CREATE INDEX slow ON orders_order (email);", tmp_path).lower()


@pytest.fixture
def locked(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection[object]]:
    """Somebody reads the table of what has been migrated, in a transaction that does not end."""
    monkeypatch.setattr(module, "LOCK_TIMEOUT_MS", 50)
    monkeypatch.setattr(module, "PAUSE_S", 0.01)
    its = connection.settings_dict
    url = f"postgresql://{its['USER']}:{its['PASSWORD']}@{its['HOST']}:{its['PORT']}/{its['NAME']}"
    with psycopg.connect(url) as conn:
        conn.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        yield conn


def test_a_locked_table_is_not_waited_for(
    locked: psycopg.Connection[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "TRIES", 3)

    with pytest.raises(CommandError, match="Somebody keeps a table locked"):
        call_command("migrate", verbosity=0)

    assert capsys.readouterr().err.count("trying again") == 2


def test_it_goes_on_when_the_lock_is_gone(
    locked: psycopg.Connection[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module.time, "sleep", lambda _s: locked.rollback())

    call_command("migrate", verbosity=0)

    assert capsys.readouterr().err.count("trying again") == 1
