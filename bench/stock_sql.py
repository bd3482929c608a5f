"""What SQL alone does, by PostgreSQL's own pgbench: the bare hot row, and the function called for one request."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import IO

from sale import Sale
from stock_figures import GENERATOR, Run, Window, each
from stock_server import Database

from fairgate.runtime import binaries
from fairgate.testing.waiting import wait_until

# The least that a shop of tickets could do in SQL: a row for the hold, with a unique key, and the count of the places.
TABLES = (
    "CREATE TABLE quota (id int PRIMARY KEY, capacity int NOT NULL, taken int NOT NULL, CHECK (taken <= capacity))",
    "CREATE TABLE hold (id uuid PRIMARY KEY, key uuid NOT NULL UNIQUE, quota int NOT NULL,"
    " created_at timestamptz NOT NULL DEFAULT now())",
    "INSERT INTO quota VALUES (1, 2000000000, 0)",
)
# One transaction in one round trip, the contested row locked last: of the ways to write it (a statement at a time, one
# statement with a CTE) the fastest, so that what is compared with it gains nothing from a weak rival.
HOT_ROW = """\\startpipeline
BEGIN;
INSERT INTO hold (id, key, quota) VALUES (gen_random_uuid(), gen_random_uuid(), 1);
UPDATE quota SET taken = taken + 1 WHERE id = 1 AND taken + 1 <= capacity;
COMMIT;
\\endpipeline
"""
SINGLE = """SELECT outcome FROM stock_hold_places({event}, interval '10 minutes', ARRAY[gen_random_uuid()],
 ARRAY[gen_random_uuid()], ARRAY[gen_random_uuid()], ARRAY[1], ARRAY[{ticket_type}]::bigint[], ARRAY[1],
 ARRAY[]::int[], ARRAY[]::bigint[]);
"""
# Many connections take a while to open, and processor time: what is measured begins when all are there.
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench'"
SETTLE_S = 0.3


def hot_row(database: Database, clients: int, seconds: float) -> Run:
    if database.ask("SELECT to_regclass('quota') IS NULL"):
        database.run(*TABLES)
    taken, held = "SELECT taken FROM quota", "SELECT count(*) FROM hold"
    return _pgbench(database, HOT_ROW, clients, seconds, taken=taken, held=held)


def single(database: Database, sale: Sale, clients: int, seconds: float) -> Run:
    script = SINGLE.format(event=sale.event, ticket_type=sale.ticket_types[0])
    taken = f"SELECT taken FROM stock_quota WHERE id = {sale.quota}"
    held = f"SELECT sum(quantity) FROM stock_move WHERE quota_id = {sale.quota}"
    return _pgbench(database, script, clients, seconds, taken=taken, held=held)


def _pgbench(database: Database, script: str, clients: int, seconds: float, *, taken: str, held: str) -> Run:
    """The rate by the count of places itself; `held` asks the same of the rows."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file, _running(database, script, file, clients) as pgbench:
        wait_until(lambda: pgbench.poll() is not None or database.ask(CONNECTED) >= clients)
        time.sleep(SETTLE_S)
        before, window = database.ask(taken), Window({**database.pids, GENERATOR: [pgbench.pid]})
        time.sleep(seconds)
        window.close()
        done = database.ask(taken) - before
    wait_until(lambda: database.ask(CONNECTED) == 0)
    if not done:
        raise SystemExit("pgbench did nothing.")
    return Run(
        rate=done / window.seconds,
        # Each client waits all the time.
        mean_ms=clients * window.seconds / done * 1000,
        cpu_ms=each(window.spent_ms, done),
        wrong=abs(database.ask(taken) - database.ask(held)),
        requests=done,
        others_share=window.others_share,
    )


@contextlib.contextmanager
def _running(database: Database, script: str, file: IO[str], clients: int) -> Iterator[subprocess.Popen[bytes]]:
    """Until the block ends."""
    file.write(script)
    file.flush()
    words = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-T", "3600", "-f", file.name]
    program = binaries.postgres_folder({}) / "pgbench"
    with subprocess.Popen([program, *words], env=database.libpq(), stdout=subprocess.DEVNULL) as running:
        try:
            yield running
        finally:
            running.terminate()
