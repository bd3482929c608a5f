"""The supervisor stays small: it lives as long as the installation, and whoever starts one waits for it."""

from __future__ import annotations

import subprocess
import sys

LARGE = {"celery", "django", "flask", "granian", "jinja2", "prometheus_client", "psycopg", "redis", "rich", "structlog"}


def test_the_supervisor_loads_nothing_large() -> None:
    code = f"import sys, fairgate.runtime.up; print(*{LARGE!r} & sys.modules.keys())"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.split() == []
