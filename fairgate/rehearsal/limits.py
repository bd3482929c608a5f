"""What limited the sale, and how many buyers it would bear. No Django.

By the utilization law of operational analysis (Denning, Buzen: The operational analysis of queueing network models,
ACM Computing Surveys 1978): what is busy is U = X * D, with X buyers a second and D seconds of processor time that
each costs. So, in the busiest ten seconds, with a share f of all buyers coming in them, n processors and at most U
busy:

    buyers <= U * n * 10 / (f * D)

once for the machine with all of its processors, and once for each kind of process that can use only as many as there
are of it. The processor time of the buyers themselves is not counted: on the day they bring their own. As only so
many can buy, and the others cost less, it is a cautious number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairgate.rehearsal.door_log import DOOR
from fairgate.rehearsal.figures import percentile
from fairgate.rehearsal.machine import OTHERS
from fairgate.rehearsal.told import Told

WINDOW_S = 10.0
# Beyond it waiting grows without measure, by any queueing model.
BUSY = 0.8
BUYERS = "buyers"
# Each runs Python in one thread at a time, or is one process by nature; those that start children use more.
SINGLE = ("stock", "relay", "valkey")
LONG_QUEUE_MS = 100.0
LATE_MS = 500.0
UNSEEN_MS = 500.0
# Of all processors: from here on they explain what is slow.
MUCH_OF_OTHERS = 0.15

Samples = Sequence[tuple[float, Mapping[str, float]]]


@dataclass(frozen=True)
class Limits:
    """`says` is for people, the most important first; `busiest` are shares of all processors in the busiest seconds."""

    says: Sequence[str]
    cpu_ms_a_buyer: Mapping[str, float]
    busiest: Mapping[str, float]
    bears: int | None
    bears_by: str


def judge(
    told: Told,
    samples: Samples,
    *,
    cores: int,
    processes: Mapping[str, int],
    door: Mapping[str, Mapping[str, Any]],
    waits: Mapping[str, Mapping[str, float]],
) -> Limits:
    busiest = _busiest(samples, cores)
    spent = {kind: value for kind, value in (samples[-1][1] if samples else {}).items() if kind not in (OTHERS, BUYERS)}
    cost = {kind: value * 1000 / len(told.fates) for kind, value in spent.items()}
    bears, bears_by = _bears(told, cost, cores, processes)
    says = [
        *_machine(busiest),
        *_others(busiest),
        *_kinds(busiest, cores, processes),
        *_connections(told, door),
        *_queues(door),
        *_pools(waits),
        *_buyers(told),
    ]
    otherwise = (
        "Nothing: no processor, no line and no pool was full."
        if samples
        else "Unknown: the processes do not run on this machine, so what held them up could not be seen."
    )
    return Limits(says or [otherwise], cost, busiest, bears, bears_by)


def _busiest(samples: Samples, cores: int) -> dict[str, float]:
    """Shares of all processors in the busiest window, by kind."""
    best: dict[str, float] = {}
    for number, (at, spent) in enumerate(samples):
        later = next((one for one in samples[number + 1 :] if one[0] - at >= WINDOW_S), None)
        if later is None and (number or len(samples) < 2):
            break
        until, after = later or samples[-1]
        shares = {kind: (value - spent.get(kind, 0.0)) / (until - at) / cores for kind, value in after.items()}
        if sum(shares.values()) > sum(best.values()):
            best = shares
    return best


def _machine(busiest: Mapping[str, float]) -> list[str]:
    whole = sum(busiest.values())
    if whole < BUSY:
        return []
    most = sorted(((share, kind) for kind, share in busiest.items()), reverse=True)[:3]
    parts = ", ".join(f"{kind} {share:.0%}" for share, kind in most)
    return [f"The machine's processors: {min(whole, 1):.0%} busy in the busiest {WINDOW_S:.0f} seconds ({parts})."]


def _others(busiest: Mapping[str, float]) -> list[str]:
    share = busiest.get(OTHERS, 0.0)
    if share < MUCH_OF_OTHERS:
        return []
    return [
        f"Other programs on this machine, which had {share:.0%} of its processors then: without them it would have been"
        " faster."
    ]


def _kinds(busiest: Mapping[str, float], cores: int, processes: Mapping[str, int]) -> list[str]:
    return [
        f"{kind.capitalize()} used {busiest[kind] * cores / number:.0%} of a processor for each of its processes: "
        f"`fairgate scale {kind}={number + 1}`."
        if kind == "stock"
        else f"{kind.capitalize()} used {busiest[kind] * cores / number:.0%} of its one processor."
        for kind, number in processes.items()
        if kind in SINGLE and busiest.get(kind, 0.0) * cores / number >= BUSY
    ]


def _connections(told: Told, door: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What buyers waited and the door knows nothing of is the time until it took their connection."""
    waited = percentile(sorted(ms for *_note, ms, status in told.notes if status), 0.5)
    known = door.get(DOOR, {}).get("p50_ms")
    if waited is None or known is None or waited - known < UNSEEN_MS:
        return []
    return [
        f"Connections: half of all requests waited {waited - known:,.0f} ms or longer before the door took them. Up to"
        f" {told.most_connections:,} connections were open at once; the door takes half of what `ulimit -n` allows it,"
        " and at most 10,000."
    ]


def _queues(door: Mapping[str, Mapping[str, Any]]) -> list[str]:
    says = []
    for kind, told in door.items():
        if kind == DOOR:
            continue
        if told["told_to_wait"]:
            share = told["told_to_wait"] / told["requests"]
            says.append(
                f"{kind.capitalize()} had no room for {share:.1%} of its requests, which were told to come again."
            )
        elif (told["queue_p95_ms"] or 0) >= LONG_QUEUE_MS:
            says.append(
                f"Requests stood in line for {kind}: one in twenty for {told['queue_p95_ms']:,.0f} ms or longer."
            )
    return says


def _pools(waits: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [
        f"{kind.capitalize()} waited {told.get('waited_s', 0.0):,.1f} s in all for connections to the database, and got"
        f" none {told.get('got_none', 0.0):,.0f} times."
        for kind, told in waits.items()
        if told.get("waited_s", 0.0) >= 1 or told.get("got_none", 0.0)
    ]


def _buyers(told: Told) -> list[str]:
    """What is wrong with the measuring rather than with what is measured."""
    if told.late_ms < LATE_MS:
        return []
    return [
        f"The rehearsal itself: the buyers share this machine, and did things up to {told.late_ms / 1000:,.1f} s late."
        " Times are longer than they would be if they came from elsewhere."
    ]


def _bears(told: Told, cost: Mapping[str, float], cores: int, processes: Mapping[str, int]) -> tuple[int | None, str]:
    """How many, and what they would fill first."""
    share = _share_in_window([fate.came for fate in told.fates])
    whole = sum(cost.values())
    if not whole or not share:
        return None, ""

    def bound(processors: int, ms: float) -> int:
        return int(BUSY * processors * WINDOW_S * 1000 / (share * ms))

    bounds = [(bound(cores, whole), "the machine's processors")]
    bounds += [
        (bound(number, cost[kind]), kind) for kind, number in processes.items() if kind in SINGLE and cost.get(kind)
    ]
    return min(bounds)


def _share_in_window(came: Sequence[float]) -> float:
    """Of all buyers, who come in the busiest seconds."""
    most, first = 0, 0
    for last, at in enumerate(came):
        while at - came[first] > WINDOW_S:
            first += 1
        most = max(most, last - first + 1)
    return most / len(came) if came else 0.0
