"""How figures are written, and the commands that the levers name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from fairgate.doctor.scene import Scene
from fairgate.runtime import binaries
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.server import ADMIN, DATABASE


def seconds(value: float) -> str:
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 100:
        return f"{value:.1f} s"
    if value < 2 * 3600:
        return f"{value / 60:.0f} min"
    if value < 48 * 3600:
        return f"{value / 3600:.0f} h"
    return f"{value / 86400:.0f} days"


def size(value: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def count(number: float, one: str, many: str = "") -> str:
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"


def brief(text: str, most: int) -> str:
    """Cut between words, and seen to be cut."""
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0] or text[:most]} …"


def names(words: Iterable[str]) -> str:
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def sql(scene: Scene, statement: str) -> str:
    """By the application's own role, wherever its database is."""
    return f'{_path()}{scene.command("manage")} dbshell -- -c "{statement}"'


def admin_sql(scene: Scene, statement: str, port: int) -> str:
    """By the administrator of a server that is ours."""
    secret = scene.installation.secrets / "database_admin_password"
    return f'{_path()}PGPASSWORD=$(cat {secret}) psql -h 127.0.0.1 -p {port} -U {ADMIN} {DATABASE} -c "{statement}"'


def _path() -> str:
    """Where there is no psql in PATH, that of the server's package."""
    if shutil.which("psql"):
        return ""
    try:
        return f"PATH={binaries.postgres_folder(os.environ)}:$PATH "
    except CannotStart:
        return ""
