"""Whether the database needs work before the services start: asked without Django, whose start takes a second."""

from __future__ import annotations

import json
import sysconfig
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import fairgate
from fairgate.runtime.installation import Installation, read_json, write_private
from fairgate.runtime.postgres import Postgres

APPLIED = "SELECT md5(coalesce(string_agg(app || name, ',' ORDER BY app, name), '')) FROM django_migrations"


def are_applied(installation: Installation, postgres: Postgres) -> bool:
    """Same code as last time, and the same rows in the table that says what was applied."""
    remembered = read_json(_file(installation), {})
    return bool(remembered) and remembered.get("code") == _code() and remembered.get("applied") == postgres.ask(APPLIED)


def is_demo_loaded(installation: Installation) -> bool:
    """Demo events lie in the future, so they are looked after once a day."""
    return bool(read_json(_file(installation), {}).get("demo") == _today())


def remember(installation: Installation, postgres: Postgres, *, demo: bool) -> None:
    known = {"code": _code(), "applied": postgres.ask(APPLIED), "demo": _today() if demo else None}
    write_private(_file(installation), json.dumps(known))


def _code() -> str:
    """Any changed file of ours, and any other version of a package, may bring a migration."""
    root = Path(fairgate.__file__).parent
    digest = sha256()
    for file in sorted(root.rglob("*.py")):
        status = file.stat()
        digest.update(f"{file}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    for package in sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info")):
        digest.update(f"{package}\n".encode())
    return digest.hexdigest()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _file(installation: Installation) -> Path:
    return installation.run / "prepared.json"
