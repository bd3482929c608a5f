"""What the machine has, and how much of it is in use."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from fairgate.lib import machine


@dataclass(frozen=True)
class Machine:
    cores: int
    memory_mb: int
    available_mb: int
    busy_cores: float


@dataclass(frozen=True)
class Disk:
    """Where something of ours lies."""

    what: str
    folder: Path
    free_mb: int
    total_mb: int
    device: int

    @property
    def used_percent(self) -> float:
        return 100 * (1 - self.free_mb / self.total_mb) if self.total_mb else 0.0


def look(pause: Callable[[], None], between_s: float) -> Machine:
    before = _busy_s()
    pause()
    busy = (_busy_s() - before) / between_s
    available = int(psutil.virtual_memory().available) // 1024**2
    return Machine(machine.cores(), machine.memory_mb(), available, busy)


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def disks(places: dict[str, Path]) -> tuple[Disk, ...]:
    """Each device once, under the first thing of ours that lies on it."""
    found: dict[int, Disk] = {}
    for what, folder in places.items():
        try:
            device, space = folder.stat().st_dev, os.statvfs(folder)
        except OSError:
            continue  # It is not there yet, or not for us to see.
        free, total = space.f_bavail * space.f_frsize, space.f_blocks * space.f_frsize
        found.setdefault(device, Disk(what, folder, free // 1024**2, total // 1024**2, device))
    return tuple(found.values())
