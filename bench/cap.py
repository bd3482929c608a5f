"""Control groups for a bench: a share of a core for some processes, and right of way before what is no part of it.

Needs root and the kernel's cpu controller, of either version. Nothing is left behind.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

V1, V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")
PERIOD_US = 50_000


@dataclass(frozen=True)
class Group:
    folder: Path

    def add(self, pids: Iterable[int]) -> None:
        for pid in pids:
            (self.folder / "cgroup.procs").write_text(str(pid))

    def throttled(self) -> int:
        """In how many periods it had to wait for its share."""
        lines = (line.split() for line in (self.folder / "cpu.stat").read_text().splitlines())
        return next((int(value) for name, value in lines if name == "nr_throttled"), 0)


@contextlib.contextmanager
def group(name: str, cores: float | None = None) -> Iterator[Group]:
    made = Group(_root() / f"fairgate-bench-{os.getpid()}-{name}")
    made.folder.mkdir()
    try:
        if _is_v1():
            (made.folder / "cpu.shares").write_text("262144")
            (made.folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (made.folder / "cpu.cfs_quota_us").write_text(str(int(PERIOD_US * cores) if cores else -1))
        else:
            (made.folder / "cpu.weight").write_text("10000")
            (made.folder / "cpu.max").write_text(f"{int(PERIOD_US * cores) if cores else 'max'} {PERIOD_US}")
        yield made
    finally:
        _leave(made)


def _leave(made: Group) -> None:
    left = (made.folder / "cgroup.procs").read_text().split()
    for pid in left:
        with contextlib.suppress(OSError):
            (_root() / "cgroup.procs").write_text(pid)
    made.folder.rmdir()


def _root() -> Path:
    root = V1 if _is_v1() else V2
    if not is_there():
        raise SystemExit("Shares of a core need root and the kernel's cpu controller; this machine gives neither.")
    return root


def is_there() -> bool:
    root = V1 if _is_v1() else V2
    return os.access(root / "cgroup.procs", os.W_OK) and (_is_v1() or _has_v2())


def _is_v1() -> bool:
    return (V1 / "cpu.shares").exists()


def _has_v2() -> bool:
    with contextlib.suppress(OSError):
        (V2 / "cgroup.subtree_control").write_text("+cpu")
        return "cpu" in (V2 / "cgroup.controllers").read_text().split()
    return False


def pin(pids: Iterable[int], core: int) -> None:
    """All threads of all of them; what they start later is there too."""
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread.name), {core})
