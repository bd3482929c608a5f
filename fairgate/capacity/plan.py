"""N buyers in M minutes: how many processes, cores, gigabytes; what is the limit, and what buyers feel."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fairgate.capacity import crowd, laws
from fairgate.capacity.costs import Check, Reference, web_law
from fairgate.capacity.scalability import Law

# What one buyer does. The door answers looks: the page again and again, its styles and scripts.
BEHAVIOR: Mapping[str, float] = {
    "event page, kept": 20,
    "hold": 1.25,
    "checkout": 1.5,
    "order": 1,
    "order page": 1.5,
    "tickets PDF": 1,
    "mail": 1,
}
# What the door lets through while a crowd reads one page, of 2,000 readers a second (bench/door.py).
LET_THROUGH = 17.0
# No station is planned fuller: from here on, waiting grows faster than what is sold.
FULL = 0.7
# Assumed, as one loop cannot know how a processor does everything else.
SPEED_ERROR = 0.15
# One each, whatever comes.
SINGLE = ("door", "relay", "beat", "postgres", "valkey", "supervisor")
# Places of a kind at one door, and how far floating point may be off.
MOST, ROUNDING = 16, 1e-6


@dataclass(frozen=True)
class Ask:
    buyers: int
    minutes: float
    # Of each machine; how many interpreters a web process has there, and how many tasks a worker does at a time.
    cores: int
    web_workers: int
    worker_children: int
    # How many times longer than on the reference machine everything takes; None: nobody looked.
    slower: float | None = None


@dataclass(frozen=True)
class Plan:
    name: str
    rate: float
    counts: Mapping[str, int]
    cores: float
    cores_by_kind: Mapping[str, float]
    machines: int
    memory_mb: float
    # By station, the part of its time that it works.
    utilization: Mapping[str, float]
    highest_rate: float
    longest_wait_s: float
    # Why so many buyers in this time are too many for one installation, however large.
    beyond: str | None = None

    @property
    def bottlenecks(self) -> list[tuple[str, float]]:
        return sorted(self.utilization.items(), key=lambda item: -item[1])


def error(reference: Reference, checks: tuple[Check, ...], ask: Ask) -> float:
    """The worst that was found between foretold and measured, or between rounds; and what a loop does not know."""
    own = max([reference.spread, *(abs(check.error) for check in checks)])
    return own if ask.slower is None else (1 + own) * (1 + SPEED_ERROR) - 1


def plans(ask: Ask, reference: Reference, checks: tuple[Check, ...]) -> list[Plan]:
    """The smallest by which all are served in time, and the one by which nobody waits."""
    seconds = ask.minutes * 60
    mean = ask.buyers / seconds
    busiest = ask.buyers * crowd.busiest_minute(seconds) / min(seconds, crowd.MINUTE_S)
    basis = Basis(ask, reference, web_law(checks), (ask.slower or 1.0) * (1 + error(reference, checks, ask)), mean)
    return [_plan("in time", mean, basis), _plan("at once", busiest, basis)]


@dataclass(frozen=True)
class Basis:
    """What both plans go by; `mean`: orders a second over the whole time."""

    ask: Ask
    reference: Reference
    law: Law
    slower: float
    mean: float


def _plan(name: str, rate: float, basis: Basis) -> Plan:
    ask, demand = basis.ask, _demand_s(rate, basis)
    web = Law(FULL * ask.web_workers / demand["web"], basis.law.contention, basis.law.coherency)
    wanted = {
        "web": web.processes_for(rate, MOST) or MOST,
        "stock": _count(rate * demand["stock"] / FULL),
        "gate": 1,
        "worker": _count(rate * demand["worker"] / FULL / ask.worker_children),
    }
    counts = {kind: min(number, MOST) for kind, number in wanted.items()}
    cores_by_kind = {kind: rate * time / FULL for kind, time in demand.items()}
    idle = sum(basis.reference.idle.values()) / 1000
    cores = sum(cores_by_kind.values()) + idle
    machines = max(1, math.ceil(cores / ask.cores))
    stations = _stations(demand, counts, machines * ask.cores - idle, basis)
    limit = laws.bottleneck(stations)
    highest = FULL * stations[limit].bound
    beyond = limit if highest < rate * (1 - ROUNDING) else None
    return Plan(
        name=name,
        rate=rate,
        counts=counts,
        cores=cores,
        cores_by_kind=cores_by_kind,
        machines=machines,
        memory_mb=_memory_mb(counts, basis),
        utilization={kind: laws.utilization(rate, station) for kind, station in stations.items()},
        highest_rate=highest,
        longest_wait_s=0.0 if name == "at once" and not beyond else _wait_s(ask, highest),
        beyond=beyond,
    )


def _wait_s(ask: Ask, served: float) -> float:
    return crowd.longest_wait_s(ask.buyers, ask.minutes * 60, served)


def _demand_s(rate: float, basis: Basis) -> dict[str, float]:
    """Of a purchase, by kind. What the door lets through is a rate of its own, so it is shared among so many.

    Mail may come a little later than the ticket on the screen, so it is planned for the mean.
    """
    let_through = min(LET_THROUGH, BEHAVIOR["event page, kept"] * rate) / rate
    demand = basis.reference.demand_ms({**BEHAVIOR, "event page, not kept": let_through})
    demand["worker"] *= basis.mean / rate
    return {kind: ms * basis.slower / 1000 for kind, ms in demand.items()}


def _stations(
    demand: Mapping[str, float], counts: Mapping[str, int], cores: float, basis: Basis
) -> dict[str, laws.Station]:
    """Python runs on one core in each interpreter; the database and the door on all of the machine that they are on."""
    ask = basis.ask
    servers = {
        "web": basis.law.throughput(counts["web"]) * ask.web_workers,
        "stock": counts["stock"],
        "worker": counts["worker"] * ask.worker_children,
        "relay": 1,
        "postgres": ask.cores,
        "door": ask.cores,
        "valkey": 1,
    }
    by_kind = {kind: laws.Station(demand[kind], number) for kind, number in servers.items()}
    return by_kind | {"cores": laws.Station(sum(demand.values()), cores)}


def _memory_mb(counts: Mapping[str, int], basis: Basis) -> float:
    mb, more = basis.reference.memory_mb, {"web": basis.ask.web_workers, "worker": basis.ask.worker_children}
    scaled = sum(number * more.get(kind, 1) * mb[kind] for kind, number in counts.items())
    return scaled + sum(mb.get(kind, 0.0) for kind in SINGLE)


def _count(servers: float) -> int:
    return max(1, math.ceil(servers))
