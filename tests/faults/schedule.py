"""Which faults come, in which order and when: a pure function of a seed, so that a run that failed can be repeated."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

CLOCK_SHIFTS_S = (-600, 600)
# How long the sale goes on between two faults, at most.
CALM_S = 3.0


class Act(StrEnum):
    KILL = "killed"
    STOP = "stood still"
    PROMOTE = "lost, the standby promoted"
    FLUSH = "emptied"
    CUT = "all connections cut"
    CLOCK = "clock shifted"


# Of the installation by their names; primary and standby stand beside it. `stock` is all stock processes at once.
PROCESSES = ("door-1", "web-1", "web-2", "stock-1", "stock-2", "stock", "relay-1", "worker-1", "valkey-1")
DATABASES = ("primary", "standby")
TARGETS = {
    Act.KILL: (*PROCESSES, *DATABASES),
    Act.STOP: (*PROCESSES, *DATABASES),
    # The second time the standby stands still before, so that commits wait for it when the primary is lost.
    Act.PROMOTE: ("primary", "primary behind which the standby stood still"),
    Act.FLUSH: ("valkey-1",),
    Act.CUT: ("primary",),
    Act.CLOCK: ("stock-1", "stock-2", "web-1", "web-2"),
}


@dataclass(frozen=True)
class Fault:
    act: Act
    target: str
    # How long the sale goes on before.
    after_s: float
    # How long it stands still, is away, or has another clock.
    lasting_s: float
    shift_s: int = 0

    def __str__(self) -> str:
        return f"{self.target} {self.act}"


def faults(seed: int, count: int, *, longest_s: float) -> list[Fault]:
    """Each kind on each target once, then each again in another order, until there are so many."""
    return list(islice(_endless(random.Random(seed), longest_s), count))


def one_of_each(seed: int, *, longest_s: float, calm_s: float = CALM_S) -> list[Fault]:
    """Each kind of fault on one target, and the database's own in both forms."""
    chance = random.Random(seed)
    chosen = [(act, chance.choice(TARGETS[act])) for act in Act if act not in (Act.KILL, Act.STOP)]
    for act in (Act.KILL, Act.STOP):
        chosen += [(act, chance.choice(PROCESSES)), (act, chance.choice(DATABASES))]
    chance.shuffle(chosen)
    return [_fault(chance, act, target, longest_s, calm_s) for act, target in chosen]


def _endless(chance: random.Random, longest_s: float) -> Iterator[Fault]:
    each = [(act, target) for act, targets in TARGETS.items() for target in targets]
    while True:
        for act, target in chance.sample(each, len(each)):
            yield _fault(chance, act, target, longest_s, CALM_S)


def _fault(chance: random.Random, act: Act, target: str, longest_s: float, calm_s: float) -> Fault:
    shift_s = chance.choice(CLOCK_SHIFTS_S) if act == Act.CLOCK else 0
    lasting_s = chance.uniform(0, 1.5) if act in (Act.KILL, Act.PROMOTE) else chance.uniform(1, longest_s)
    return Fault(act, target, round(chance.uniform(0.1 * calm_s, calm_s), 3), round(lasting_s, 3), shift_s)
