"""What was measured: the processor time of each action by process, and how many processes did how much.

`bench/costs.py` writes reference.json, `bench/capacity.py` writes checked.json; both tell the machine that it was on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fairgate.capacity.scalability import Law, fit

Costs = Mapping[str, float]


@dataclass(frozen=True)
class Reference:
    machine: str
    loop_ms: float
    tickets: int
    spread: float
    # CPU-ms by action and kind of process, and what each kind takes a second when nobody comes.
    actions: Mapping[str, Costs]
    idle: Costs
    memory_mb: Costs
    order_bytes: float
    order_wal_bytes: float

    def demand_ms(self, counts: Mapping[str, float]) -> dict[str, float]:
        """CPU-ms by kind of process, of so many of each action."""
        kinds = sorted({kind for costs in self.actions.values() for kind in costs})
        return {
            kind: sum(number * self.actions[action].get(kind, 0.0) for action, number in counts.items())
            for kind in kinds
        }


@dataclass(frozen=True)
class Check:
    """A throughput that was foretold from the costs, and then measured."""

    load: str
    processes: int
    foretold: float
    measured: float

    @property
    def error(self) -> float:
        return self.foretold / self.measured - 1


@cache
def reference() -> Reference:
    read = _read("reference.json")
    return Reference(
        machine=read["machine"],
        loop_ms=read["loop_ms"],
        tickets=read["tickets"],
        spread=read["spread"],
        actions=read["actions"],
        idle=read["idle_cpu_ms_per_s"],
        memory_mb=read["memory_mb"],
        order_bytes=read["order_bytes"],
        order_wal_bytes=read["order_wal_bytes"],
    )


@cache
def checks() -> tuple[Check, ...]:
    return tuple(Check(**check) for check in _read("checked.json")["checks"])


def web_law(of: tuple[Check, ...]) -> Law:
    """How web processes scale, one being 1: of the load in which they alone are the limit and do what a sale asks."""
    law = fit((check.processes, check.measured) for check in of if check.load == PURCHASES)
    return Law(1.0, law.contention, law.coherency)


# The loads of bench/capacity.py.
PAGES, PURCHASES, WITH_MAIL = "event pages, not kept", "purchases", "purchases with their mails"


def _read(name: str) -> dict[str, Any]:
    return dict(json.loads((files("fairgate.capacity") / name).read_text()))
