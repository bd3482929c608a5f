"""What SQL alone does, by PostgreSQL's own pgbench: the bare hot row, and the function called for one request."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time

import meter
from sale import Sale
from stock_figures import GENERATOR, Run, each
from stock_server import Database

from fairgate.runtime import binaries

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
# Connections of many clients take a moment to open; processor time is read after it and before the end.
SETTLE_S = 1.0
RATE = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
LATENCY = re.compile(r"^latency average = ([\d.]+)", re.MULTILINE)
DONE = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)


def hot_row(database: Database, clients: int, seconds: float) -> Run:
    if database.ask("SELECT to_regclass('quota') IS NULL"):
        database.run(*TABLES)
    return _pgbench(database, HOT_ROW, clients, seconds, "SELECT taken FROM quota")


def single(database: Database, sale: Sale, clients: int, seconds: float) -> Run:
    script = SINGLE.format(event=sale.event, ticket_type=sale.ticket_types[0])
    return _pgbench(database, script, clients, seconds, f"SELECT taken FROM stock_quota WHERE id = {sale.quota}")


def _pgbench(database: Database, script: str, clients: int, seconds: float, taken: str) -> Run:
    before = database.ask(taken)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        words = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-f", file.name]
        program = binaries.postgres_folder({}) / "pgbench"
        with subprocess.Popen(
            [program, *words, "-T", str(round(seconds + SETTLE_S))],
            env=database.libpq(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            time.sleep(SETTLE_S)
            pids = {**database.pids, GENERATOR: [running.pid]}
            spent, began = meter.cpu_ms(pids), time.perf_counter()
            time.sleep(seconds * 0.8)
            spent, passed = meter.between(spent, meter.cpu_ms(pids)), time.perf_counter() - began
            said, errors = running.communicate()
    found = RATE.search(said)
    if running.returncode or found is None:
        raise SystemExit(f"pgbench failed: {errors[-500:]}")
    rate = float(found[1])
    done = _number(DONE, said)
    return Run(
        rate=rate,
        p50_ms=float(_number(LATENCY, said)),
        cpu_ms=each(spent, round(rate * passed)),
        wrong=abs(database.ask(taken) - before - round(done)),
        requests=round(done),
    )


def _number(pattern: re.Pattern[str], said: str) -> float:
    found = pattern.search(said)
    return float(found[1]) if found else 0.0
