"""What it costs to read a signed-in person's session: from the database, and through Django's cached_db on Valkey.

    python bench/sessions.py [--markdown]

Both are Django's own; the reads happen in a process of an installation's code, as before each page of the console.
"""

from __future__ import annotations

import argparse
import json
import sys

import installation
import meter
import report
from installation import Target

READS = 3_000
# Runs inside the installation: `fairgate manage shell`.
READ = """
import json, time
from importlib import import_module
from django.conf import settings
from fairgate.lib import env

settings.CACHES["shared"] = dict(
    BACKEND="django.core.cache.backends.redis.RedisCache",
    LOCATION=env.settings().valkey_url.replace("valkey://", "redis://", 1),
)
settings.SESSION_CACHE_ALIAS = "shared"
Store = import_module("django.contrib.sessions.backends.{engine}").SessionStore
session = Store()
session["_auth_user_id"] = "1"
session.save()
for _ in range(100):
    Store(session.session_key).load()
began, spent = time.perf_counter(), time.process_time()
for _ in range({reads}):
    assert Store(session.session_key).load()["_auth_user_id"] == "1"
print(json.dumps([time.perf_counter() - began, time.process_time() - spent]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Sessions from the database and through a cache.")
    parser.add_argument("--markdown", action="store_true", help="a table for the documentation")
    wish = parser.parse_args()
    with installation.own() as target:
        target.up()
        rows = [(name, *_measure(target, engine)) for name, engine in (("database", "db"), ("cached_db", "cached_db"))]
    head = ("reading a session", "ms", "CPU-ms web", "CPU-ms database and Valkey")
    print(report.machine(), (report.markdown if wish.markdown else report.table)(head, rows), sep="\n\n")


def _measure(target: Target, engine: str) -> tuple[float, float, float]:
    pids = {kind: its for kind, its in target.pids().items() if kind in ("postgres", "valkey")}
    before = meter.cpu_ms(pids)
    passed, spent = json.loads(target.run_in_django(READ.format(engine=engine, reads=READS)).splitlines()[-1])
    served = sum(meter.between(before, meter.cpu_ms(pids)).values())
    return passed / READS * 1000, spent / READS * 1000, served / READS


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
