"""Django's reads go where this request reads; everything else goes to the primary."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection

from fairgate.replicas import reading


class ReplicaRouter:
    def db_for_read(self, model: Any, **_hints: Any) -> str:
        """Inside a transaction everything is read where it is written."""
        return DEFAULT_DB_ALIAS if connection.in_atomic_block else reading.alias()

    def db_for_write(self, model: Any, **_hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **_hints: Any) -> bool:
        """They are the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS
