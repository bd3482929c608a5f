"""Times the statements of Django's connections, as `lib.statements.TimedCursor` does those of others."""

from __future__ import annotations

import time
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from fairgate.lib.statements import current


@receiver(connection_created)
def _time_statements(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """First of all wrappers, since whoever wraps for a while takes the last away again."""
    if _timed not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _timed)


def _timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    statements = current.get()
    if statements is None:
        return execute(sql, params, many, context)
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        statements.add(sql, time.perf_counter() - began)
