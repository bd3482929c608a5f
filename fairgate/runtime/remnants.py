"""Processes of a supervisor that was killed: they are ending by themselves, and the next start waits for that."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from fairgate.runtime.installation import Installation, read_json, write_private

PATIENCE_S = 20.0


def record(installation: Installation, pids: Iterable[int]) -> None:
    """A number alone may be given to another process; with its time of birth it is one process for ever."""
    born = [(pid, _birth(pid)) for pid in pids]
    write_private(_file(installation), json.dumps(born))


def wait_until_gone(installation: Installation) -> None:
    left = [(pid, born) for pid, born in read_json(_file(installation), []) if _birth(pid) == born]
    deadline = time.monotonic() + PATIENCE_S
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [(pid, born) for pid, born in left if _birth(pid) == born]
    for pid, _ in left:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _birth(pid: int) -> str | None:
    """Field 22 of /proc/PID/stat; a zombie has ended, only its parent has not looked yet."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def _file(installation: Installation) -> Path:
    return installation.run / "pids.json"
