"""The operational laws: what follows from measured work alone, whatever the distributions are.

P. J. Denning, J. P. Buzen: The Operational Analysis of Queueing Network Models, ACM Computing Surveys 10(3), 1978.
E. D. Lazowska, J. Zahorjan, G. S. Graham, K. C. Sevcik: Quantitative System Performance, Prentice-Hall, 1984, chapters
3 and 5.

A demand is the time that one purchase (or whatever is counted) takes at a station, in seconds of one of its servers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Station:
    """Something that works on one thing after the other, or `servers` of them side by side: cores, mostly."""

    demand_s: float
    servers: float = 1.0

    @property
    def bound(self) -> float:
        """The throughput that it cannot exceed, as its utilization cannot exceed one."""
        return self.servers / self.demand_s if self.demand_s else float("inf")


def utilization(throughput: float, station: Station) -> float:
    """The utilization law, U = X D, of each server."""
    return throughput * station.demand_s / station.servers


def inside(throughput: float, response_s: float) -> float:
    """Little's law, N = X R: how many are in there."""
    return throughput * response_s


def bottleneck(stations: Mapping[str, Station]) -> str:
    return min(stations, key=lambda name: stations[name].bound)


def highest_throughput(stations: Mapping[str, Station], customers: float = float("inf"), think_s: float = 0.0) -> float:
    """Asymptotic bound: X <= min(1 / Dmax, N / (D + Z))."""
    alone = sum(station.demand_s for station in stations.values()) + think_s
    return min(stations[bottleneck(stations)].bound, customers / alone if alone else float("inf"))


def shortest_response_s(stations: Mapping[str, Station], customers: float, think_s: float = 0.0) -> float:
    """Asymptotic bound: R >= max(D, N Dmax - Z)."""
    alone = sum(station.demand_s for station in stations.values())
    return max(alone, customers / stations[bottleneck(stations)].bound - think_s)


def throughput(demands_s: Sequence[float], customers: int, think_s: float = 0.0) -> float:
    """Of so many who go round: mean value analysis, which knows that they meet in queues and the bounds do not.

    Exact where stations serve in small slices, or times are of random length (M. Reiser, S. S. Lavenberg: Mean-Value
    Analysis of Closed Multichain Queuing Networks, Journal of the ACM 27(2), 1980; Lazowska, chapter 6).
    """
    queues, rate = [0.0] * len(demands_s), 0.0
    for number in range(1, customers + 1):
        # Who arrives sees what is there without her.
        times = [demand * (1 + queue) for demand, queue in zip(demands_s, queues, strict=True)]
        rate = number / (think_s + sum(times))
        queues = [rate * time for time in times]
    return rate
