"""Processor time by kind of process, second by second, read from /proc. No Django."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
OTHERS = "other programs"
# In /proc/PID/stat behind the name: parent, and its own time as itself and in the kernel.
PARENT, USER, SYSTEM = 1, 11, 12


@dataclass
class Meter:
    """`roots` are the first processes of each kind; what they started counts with them."""

    roots: dict[str, list[int]]
    cores: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    # Seconds of processor time by kind, and when the sample was taken, by time.time().
    samples: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    _spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _last: dict[int, float] = field(default_factory=dict)
    _machine: float = 0.0

    def begin(self) -> None:
        """What was spent before counts for nobody."""
        self._last = {pid: spent for pid, (_parent, spent) in _processes().items()}
        self._machine = _machine_s()
        self.samples.append((time.time(), {}))

    def look(self) -> None:
        """A process that was started meanwhile counts from its beginning; of one that ended, what it did since the last
        look is with the others."""
        found = _processes()
        for kind, roots in self.roots.items():
            for pid in _with_children(found, roots):
                self._spent[kind] += max(0.0, found[pid][1] - self._last.get(pid, 0.0))
        self._last = {pid: spent for pid, (_parent, spent) in found.items()}
        known = sum(spent for kind, spent in self._spent.items() if kind != OTHERS)
        self._spent[OTHERS] = max(0.0, _machine_s() - self._machine - known)
        self.samples.append((time.time(), dict(self._spent)))

    def spent(self) -> dict[str, float]:
        return self.samples[-1][1] if self.samples else {}


def _with_children(found: Mapping[int, tuple[int, float]], roots: Sequence[int]) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for pid, (parent, _spent) in found.items():
        children[parent].append(pid)
    waiting, members = [pid for pid in roots if pid in found], []
    while waiting:
        pid = waiting.pop()
        members.append(pid)
        waiting += children[pid]
    return members


def _processes() -> dict[int, tuple[int, float]]:
    """Parent and processor time of each."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError, IndexError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                spent = (int(fields[USER]) + int(fields[SYSTEM])) / TICKS_A_SECOND
                found[int(folder.name)] = int(fields[PARENT]), spent
    return found


def _machine_s() -> float:
    """What all processors worked so far, for whomever."""
    user, nice, system, _idle, _waiting, interrupts, soft, *_ = map(
        int, Path("/proc/stat").read_text().partition("\n")[0].split()[1:]
    )
    return (user + nice + system + interrupts + soft) / TICKS_A_SECOND
