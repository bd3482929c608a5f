"""A database URL that names two servers: every process finds the one that writes, also after it has changed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fairgate.lib import env
from fairgate.outbox import relay
from fairgate.testing.pair import Pair
from fairgate.testing.waiting import wait_until

ASK_AGAIN_AND_AGAIN = """
import sys, django
django.setup()
from django.db import OperationalError, connection
from psycopg_pool import PoolTimeout
for _ in sys.stdin:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT inet_server_port() FROM outbox_message RIGHT JOIN (SELECT 1) one ON true")
            print(*cursor.fetchone(), flush=True)
    except (OperationalError, PoolTimeout):
        print("away", flush=True)
    connection.close()
"""
RELAYS = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fairgate relay' AND query LIKE '%%stock_expire%%'"
)


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Pair() as started:
        started.migrate()
        yield started


def test_django_and_relay_follow_a_promotion(pair: Pair) -> None:
    stop = threading.Event()
    settings = replace(env.settings(), database_url=pair.url)
    relaying = threading.Thread(target=relay.run, args=(settings, stop))
    relaying.start()
    with django(pair) as asked:
        before = ask(asked)
        wait_until(lambda: pair.primary.ask_as_admin(RELAYS) == [["1"]])

        pair.kill_primary()
        pair.promote()

        wait_until(lambda: ask(asked) == str(pair.standby.port))
        wait_until(lambda: pair.standby.ask_as_admin(RELAYS) == [["1"]])
        stop.set()
        relaying.join()
    assert before == str(pair.primary.port)
    assert pair.manage("migrate", "--check") == ""


def django(pair: Pair) -> subprocess.Popen[str]:
    environ = {**os.environ, "FAIRGATE_DATABASE_URL": pair.url}
    return subprocess.Popen(
        [sys.executable, "-c", ASK_AGAIN_AND_AGAIN],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def ask(asked: subprocess.Popen[str]) -> str:
    assert asked.stdin
    assert asked.stdout
    asked.stdin.write("\n")
    # The logs are lines of JSON.
    return next(line.strip() for line in asked.stdout if not line.startswith("{"))
