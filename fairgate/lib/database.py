"""What runs a statement: a psycopg connection in a service, a cursor of Django's in the core."""

from __future__ import annotations

from typing import Any, Protocol


class Executor(Protocol):
    def execute(self, query: Any, params: Any = None) -> Any: ...
