"""No more processes than the database has connections for; refused with the numbers, before anything is changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from fairgate.core.settings import DATABASES
from fairgate.lib import env
from fairgate.runtime import connections
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.tests.running import Running
from fairgate.services import stock
from fairgate.services.gate import store as gate

ONE_OF_EACH = 14 + 9 + 8 + 2 + 3 + 3
SPARE = 14 + 10


@pytest.fixture
def settings() -> env.Settings:
    return replace(env.from_environment(os.environ), web_workers=1, web_threads=8, worker_children=1)


def test_what_is_counted_is_what_the_pools_hold() -> None:
    settings = env.settings()

    pool = DATABASES["default"]["OPTIONS"]["pool"]["max_size"]  # type: ignore[index]
    assert pool == settings.web_threads + connections.WEB_SPARE
    assert connections.WEB_FALLBACK == stock.SINGLE_CONNECTIONS
    # One more looks at the migrations.
    assert connections.STOCK == stock.LANE_CONNECTIONS + 1
    assert connections.GATE == gate.CONNECTIONS


def test_as_many_as_fit_are_let_through(settings: env.Settings) -> None:
    connections.check({}, settings, ONE_OF_EACH + SPARE)
    connections.check({"web": 3}, settings, ONE_OF_EACH + 2 * 14 + SPARE)
    connections.check({"web": 16, "stock": 16}, settings, None)


def test_one_too_many_is_refused_with_the_numbers(settings: env.Settings) -> None:
    with pytest.raises(CannotStart) as refusal:
        connections.check({"web": 3}, settings, ONE_OF_EACH + 2 * 14 + SPARE - 1)

    assert "allows 90 connections and 91 may be needed: 3 web of 14 + 1 stock of 9" in str(refusal.value)


def test_threads_interpreters_and_children_count(settings: env.Settings) -> None:
    each = connections.of_one(replace(settings, web_workers=2, web_threads=4, worker_children=3))

    assert (each["web"], each["worker"]) == (2 * (4 + 6), 3 * 2)


def test_who_needs_one_at_a_time_opens_two_at_first() -> None:
    """Of a pool as Django makes them, which is not opened before somebody needs a connection."""
    with ConnectionPool(env.settings().database_url, min_size=1, max_size=10, open=False) as pool:
        for _ in range(3):
            with pool.connection() as conn:
                conn.execute("SELECT 1")
        pool.wait()

        assert pool.get_stats()["pool_size"] == connections.ONE_AT_A_TIME


def test_a_database_of_the_operators_is_asked_what_it_allows() -> None:
    url = env.settings().database_url
    with psycopg.connect(url) as conn:
        (most,) = conn.execute("SELECT current_setting('max_connections')::int").fetchone() or (0,)

    assert connections.allowed_by(url) == most - connections.RESERVED


def test_a_database_of_the_operators_is_counted_for_before_it_is_changed() -> None:
    command = [sys.executable, "-m", "fairgate.runtime.prepare", "--counts", json.dumps({"web": 16, "stock": 16})]

    # A broker of another kind is not asked; Valkey would be first.
    environment = os.environ | {"FAIRGATE_BROKER_URL": "amqp://127.0.0.1:1"}
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "16 web of " in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_up_refuses_it_before_anything_starts(tmp_path: Path) -> None:
    nothing = Running(tmp_path / "data")

    refused = nothing.command("up", "--port", str(nothing.port), "--web", "16", "--stock", "16")

    assert (refused.returncode, len(refused.stderr.strip().splitlines())) == (2, 1), refused.stderr
    assert "The database allows 247 connections" in refused.stderr
    assert not (nothing.data / "postgres").exists()
