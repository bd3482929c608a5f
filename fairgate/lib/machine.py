"""What this machine, or the container on it, has; and how much one process does at a time there, unless told.

The threads are measured (docs/scaling.md, "Vertical"): they wait for the database, not for the processor, so more of
them gain nothing once the interpreter is busy. Processes gain with each core, and need memory of their own.
"""

from __future__ import annotations

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
# A process that serves pages, or one that makes tickets; and how much of the machine all of them may take.
PROCESS_MB, SHARE = 120, 4
MOST_WORKERS = 4
THREADS = 8


def cores(cgroup: Path = CGROUP) -> int:
    """Rounded down, as a part of a core gives no second process anything to run on; at least one."""
    seen = len(os.sched_getaffinity(0))
    quota, _, period = _said(cgroup / "cpu.max").partition(" ")
    return max(1, min(seen, int(quota) // int(period)) if quota.isdigit() and period.isdigit() else seen)


def memory_mb(cgroup: Path = CGROUP) -> int:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = _said(cgroup / "memory.max")
    return min(total, int(limit) if limit.isdigit() else total) // 1024**2


def workers(has_cores: int, has_mb: int) -> int:
    """The other half of the cores is for the database, the door and everything else that runs beside it."""
    return max(1, min(has_cores // 2, has_mb // SHARE // PROCESS_MB, MOST_WORKERS))


def _said(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
