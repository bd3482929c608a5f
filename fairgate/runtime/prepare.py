"""Bring the database up to date: `python -m fairgate.runtime.prepare [--demo] [--counts JSON]`, run by the supervisor
in a child. The counts are of the processes that a database of the operator's must have connections for.

One child for all, since starting Django costs more than any of these. Whatever is wrong becomes one sentence, the last
line of the output, and exit code 2.
"""

from __future__ import annotations

import json
import os
import sys

from fairgate.lib import env
from fairgate.runtime import connections, server_statements
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.postgres import OLDEST


def main(arguments: list[str]) -> int:
    try:
        settings = env.settings()
    except env.SettingsError as error:
        return _refuse(str(error))
    refusal = (
        _ask_postgres("The database", settings.database_url, "FAIRGATE_DATABASE_URL")
        or next(filter(None, map(_ask_replica, settings.replica_urls)), None)
        or _ask_valkey(settings.broker_url)
        or _ask_storage(settings.storage_url)
    )
    if not refusal and "--counts" in arguments:
        refusal = _count_connections(settings, json.loads(arguments[arguments.index("--counts") + 1]))
    if refusal:
        return _refuse(refusal)
    _migrate()
    server_statements.create_elsewhere(settings.database_url)
    if "--demo" in arguments:
        _load_demo()
    return 0


def _ask_replica(url: str) -> str | None:
    """One that goes away later costs nobody anything; one that is not there at the start has a wrong address."""
    return _ask_postgres("A replica", url, "FAIRGATE_REPLICA_URLS")


def _ask_postgres(name: str, url: str, setting: str) -> str | None:
    import psycopg  # imported once the settings are known to be good

    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        return f"{name} refuses: {reason}; correct {setting} or the server."
    if version < OLDEST:
        return f"{name} is PostgreSQL {version}; Fairgate needs {OLDEST} or newer."
    return None


def _count_connections(settings: env.Settings, counts: dict[str, int]) -> str | None:
    try:
        connections.check(counts, settings, connections.allowed_by(settings.database_url))
    except CannotStart as error:
        return str(error)
    return None


def _ask_valkey(url: str) -> str | None:
    if not url.startswith(("redis://", "rediss://")):
        return None
    import redis

    try:
        redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5).ping()
    except (redis.RedisError, ValueError) as error:
        return f"Valkey refuses: {error}; correct FAIRGATE_VALKEY_URL (or FAIRGATE_BROKER_URL) or the server."
    return None


def _ask_storage(url: str) -> str | None:
    """One of the operator's; the folder of ours was made by who started this."""
    if not os.environ.get("FAIRGATE_STORAGE_URL"):
        return None
    from fairgate.files.errors import StorageAway
    from fairgate.files.storage import ObjectStorage

    try:
        ObjectStorage(url).check()
    except StorageAway as error:
        return f"Files cannot be kept: {error}; correct FAIRGATE_STORAGE_URL or the storage."
    return None


def _migrate() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairgate.core.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=1)


def _load_demo() -> None:
    from django.core.management import call_command

    call_command("load_demo")


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
