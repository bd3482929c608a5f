"""What one action costs each process of an installation, above what all of them take when nobody comes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import meter
from installation import Target

IDLE_S = 5.0
KINDS = ("door", "web", "stock", "gate", "worker", "relay", "beat", "postgres", "valkey")

Cost = dict[str, float]


class Bench:
    """Knows what the installation takes when nobody comes, so that it can tell what somebody costs."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.pids = meter.with_supervisor(target.pids())
        before = meter.cpu_ms(self.pids)
        time.sleep(IDLE_S)
        self.idle = {kind: ms / IDLE_S for kind, ms in meter.between(before, meter.cpu_ms(self.pids)).items()}
        self._others = self._passed = 0.0

    @property
    def others_share(self) -> float:
        """Of the machine, what other programs had while this measured."""
        return max(0.0, self._others / self._passed / 1000 / (os.cpu_count() or 1))

    def cost(self, actions: int, work: Callable[[], float | None]) -> Cost:
        """Of one action; `work` may tell how many there were."""
        began, before, machine, own = time.monotonic(), meter.cpu_ms(self.pids), meter.machine_ms(), _own_ms()
        counted = work() or actions
        passed, spent = time.monotonic() - began, meter.between(before, meter.cpu_ms(self.pids))
        self._passed += passed
        self._others += meter.machine_ms() - machine - (_own_ms() - own) - sum(spent.values())
        return {kind: max(0.0, spent.get(kind, 0) - self.idle.get(kind, 0) * passed) / float(counted) for kind in KINDS}


def less(whole: Cost, part: Cost) -> Cost:
    return {kind: max(0.0, whole[kind] - part[kind]) for kind in whole}


def _own_ms() -> float:
    times = os.times()
    return (times.user + times.system + times.children_user + times.children_system) * 1000
