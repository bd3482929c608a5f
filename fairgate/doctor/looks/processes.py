"""Every process of the machine, looked at twice: what it has used meanwhile, and whether somebody stopped it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fairgate.doctor.looks import programs

TICKS = os.sysconf("SC_CLK_TCK")
# T: stopped by a signal, t: by a debugger.
STOPPED = ("T", "t")
# Less of a core is nobody's concern.
LEAST_CORES = 0.05


@dataclass(frozen=True)
class Taken:
    pid: int
    parent: int
    name: str
    state: str
    cpu_s: float
    age_s: float


@dataclass(frozen=True)
class Part:
    """One process of the system, and how many cores it kept busy. `command` and `user` are told of others only."""

    pid: int
    name: str
    state: str
    cores: float
    age_s: float
    command: str = ""
    user: str = ""

    @property
    def is_stopped(self) -> bool:
        return self.state in STOPPED


@dataclass(frozen=True)
class Process:
    """As `fairgate status` names it, with all that runs below it."""

    kind: str
    index: int
    pid: int | None
    port: int
    state: str
    restarts: int
    parts: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.index}"

    @property
    def stopped(self) -> list[Part]:
        return [part for part in self.parts if part.is_stopped]

    @property
    def cores(self) -> float:
        return sum(part.cores for part in self.parts)

    @property
    def busiest(self) -> float:
        """An interpreter works on one core at most, however many the machine has."""
        return max((part.cores for part in self.parts), default=0.0)


def take() -> dict[int, Taken]:
    taken = {}
    up_s = float(Path("/proc/uptime").read_text().split()[0])
    for folder in os.scandir("/proc"):
        if folder.name.isdigit() and (one := _read(int(folder.name), up_s)):
            taken[one.pid] = one
    return taken


def _read(pid: int, up_s: float) -> Taken | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None  # It has ended.
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    used = (int(fields[11]) + int(fields[12])) / TICKS
    return Taken(pid, int(fields[1]), name, fields[0], used, up_s - int(fields[19]) / TICKS)


def tell(
    status: Iterable[Mapping[str, Any]], before: Mapping[int, Taken], after: Mapping[int, Taken], between_s: float
) -> tuple[Process, ...]:
    """What the supervisor says of its processes, joined with what the system says of them."""
    children: dict[int, list[int]] = {}
    for one in after.values():
        children.setdefault(one.parent, []).append(one.pid)
    return tuple(
        Process(
            kind=str(said["name"]),
            index=int(said["index"]),
            pid=said["pid"],
            port=int(said["port"]),
            state=str(said["state"]),
            restarts=int(said["restarts"]),
            parts=tuple(_part(after[pid], before, between_s) for pid in _tree(said["pid"], children) if pid in after),
        )
        for said in status
    )


def others(
    ours: Sequence[Process], before: Mapping[int, Taken], after: Mapping[int, Taken], between_s: float
) -> tuple[Part, ...]:
    """Who else uses the processor, the greediest first; without Fairgate's commands and what they started."""
    known = {part.pid for process in ours for part in process.parts}
    parts = [_part(one, before, between_s) for one in after.values() if one.pid not in known]
    greedy = [part for part in parts if part.cores >= LEAST_CORES and not _is_ours(part.pid, after)]
    return tuple(
        replace(part, command=programs.command(part.pid), user=programs.user(part.pid))
        for part in sorted(greedy, key=lambda part: -part.cores)
    )


def own_cores(before: Mapping[int, Taken], after: Mapping[int, Taken], between_s: float) -> float:
    """What this looking itself uses."""
    return _part(after[os.getpid()], before, between_s).cores if os.getpid() in after else 0.0


def _is_ours(pid: int, after: Mapping[int, Taken]) -> bool:
    if pid == os.getpid():
        return True
    while pid in after:
        if programs.is_fairgate(pid):
            return True
        pid = after[pid].parent
    return False


def _tree(root: int | None, children: Mapping[int, list[int]]) -> Iterable[int]:
    waiting = [root] if root else []
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def _part(one: Taken, before: Mapping[int, Taken], between_s: float) -> Part:
    earlier = before.get(one.pid)
    used = one.cpu_s - (earlier.cpu_s if earlier else 0.0)
    return Part(one.pid, one.name, one.state, used / between_s, one.age_s)
