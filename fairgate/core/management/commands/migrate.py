"""Django's own command, safe while people buy: it never waits long for a lock, since everyone else would wait behind.

Who wants to change a table queues for it, and whoever wants to read it queues behind that. So each try gives up soon
and is made again a little later, when nobody's transaction is in the way.
"""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

LOCK_TIMEOUT_MS = 2_000
TRIES = 30
PAUSE_S = 2.0


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
        try:
            with connection.execute_wrapper(_wait_for_concurrent):
                self._try_again_and_again(*args, **options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")

    def _try_again_and_again(self, *args: Any, **options: Any) -> None:
        for number in range(1, TRIES + 1):
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                if number == TRIES:
                    raise CommandError(
                        "Somebody keeps a table locked, so nothing more was changed; end long transactions"
                        " (see pg_stat_activity) and run this again."
                    ) from error
                self.stderr.write(f"A table is locked; trying again in {PAUSE_S:g} s ({number} of {TRIES}).")
                time.sleep(PAUSE_S)
            else:
                return


def _wait_for_concurrent(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Nobody waits behind an index that is built concurrently, and interrupted it would stay behind, invalid."""
    if "CONCURRENTLY" not in sql:
        return execute(sql, params, many, context)
    cursor = context["cursor"].cursor
    cursor.execute("SET lock_timeout = 0")
    try:
        return execute(sql, params, many, context)
    finally:
        cursor.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
