"""What the processes of an installation cost: processor time and memory by kind, read from /proc."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

SUPERVISOR = "supervisor"
MS_PER_TICK = 1000 / os.sysconf("SC_CLK_TCK")
# In /proc/PID/stat behind the name: parent, and the four times (own and of ended children, user and system).
PARENT, TIMES = 1, slice(11, 15)

Pids = Mapping[str, list[int]]


def with_supervisor(pids: Pids) -> dict[str, list[int]]:
    """All kinds, and the process that started them."""
    return {**pids, SUPERVISOR: [int(_stat(pids["door"][0])[PARENT])]}


def cpu_ms(pids: Pids) -> dict[str, float]:
    """Since each process began, with all that it started. Of those that have ended the parent keeps the record."""
    return {kind: sum(_cpu_ms(pid) for pid in members(kind, roots)) for kind, roots in pids.items()}


def machine_ms() -> float:
    """What all processors of the machine worked so far, for whomever."""
    user, nice, system, _idle, _waiting, interrupts, soft_interrupts, *_ = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + interrupts + soft_interrupts) * MS_PER_TICK


def between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {kind: after[kind] - before[kind] for kind in after}


def memory_mb(pids: Pids) -> dict[str, float]:
    """Proportional set size: what several processes share counts once over all of them."""
    return {kind: sum(_pss_mb(pid) for pid in members(kind, roots)) for kind, roots in pids.items()}


def members(kind: str, roots: list[int]) -> Iterator[int]:
    if kind == SUPERVISOR:
        yield from roots
        return
    children = _children()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            found.setdefault(int(fields[PARENT]), []).append(int(folder.name))
    return found


def _cpu_ms(pid: int) -> float:
    return sum(int(field) for field in _stat(pid)[TIMES]) * MS_PER_TICK


def _pss_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _stat(pid: int) -> list[str]:
    """The fields behind the name, which may hold spaces and brackets; none when the process has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []
