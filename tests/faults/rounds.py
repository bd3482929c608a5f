"""One round: a concert of its own, a crowd, some faults in the middle of it, and the verdict on its history."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from fairgate.testing.waiting import wait_until
from tests.faults.checker import check
from tests.faults.crowds import MANY, Crowds, make_offer
from tests.faults.errand import Offer
from tests.faults.faults import inflict
from tests.faults.history import Operation, Result, read_history
from tests.faults.ledger import Ledger, read_ledger
from tests.faults.schedule import Fault
from tests.faults.site import Site

TRIES = 5
# What a client may be told other than that it has or cannot have its places.
REFUSALS = {
    "hold-expired",  # ordered too late
    "seat-taken",
    "no more time",  # extended too late, or by an attempt before whose answer was lost
    "capacity-too-low",
    "AlreadyCanceled",
    "NothingToCancel",
    "no such ticket any more",
}


@dataclass(frozen=True)
class Inflicted:
    fault: Fault
    in_flight: int


# Told of each fault, and of how many operations there were by then.
Teller = Callable[[Inflicted, int], None]


@dataclass
class Round:
    offer: Offer
    inflicted: list[Inflicted]
    wrong: list[str]
    # By kind and result, of those by HTTP and of those in process.
    by_http: Counter[tuple[str, str]]
    in_process: Counter[tuple[str, str]]
    refusals: Counter[str]
    # How those ended that had no answer at first.
    resolved: Counter[str]
    expired: int
    places: int
    checker_s: float
    seconds: float = 0.0
    folder: Path = field(default_factory=Path)

    @property
    def operations(self) -> int:
        return self.by_http.total() + self.in_process.total()


def run(
    site: Site,
    name: str,
    seed: int,
    faults: Sequence[Fault],
    folder: Path,
    *,
    clients: tuple[int, int] = MANY,
    operations: int = 0,
    until: float = 0.0,
    say: Teller = lambda _inflicted, _operations: None,
) -> Round:
    """All faults, then on until so many operations are done or this time (monotonic) has come."""
    began = time.monotonic()
    folder.mkdir()
    offer = make_offer(site, name)
    inflicted = []
    with Crowds(site, offer, seed, folder, clients) as crowd:
        crowd.wait_until_served()
        for fault in faults:
            inflicted.append(_inflict_in_flight(fault, site, crowd))
            say(inflicted[-1], crowd.operations)
        wait_until(lambda: crowd.operations >= operations or time.monotonic() > until, 3600)
        crowd.stop()
        found = _judge(site, offer, crowd, inflicted)
    found.seconds, found.folder = time.monotonic() - began, folder
    return found


def _inflict_in_flight(fault: Fault, site: Site, crowd: Crowds) -> Inflicted:
    """Again if nobody waited for an answer at that moment: that proves nothing."""
    for _try in range(TRIES):
        time.sleep(fault.after_s)
        in_flight = inflict(fault, site, lambda: crowd.await_in_flight(fault.target))
        crowd.wait_until_served()
        if in_flight > 0:
            return Inflicted(fault, in_flight)
    raise AssertionError(f"no request was in flight at: {fault}")


def _judge(site: Site, offer: Offer, crowd: Crowds, inflicted: list[Inflicted]) -> Round:
    histories = {}
    for name in ("visitors", "insiders"):
        with crowd.history(name).open("rb") as lines:
            histories[name] = read_history(lines)
    history = [operation for part in histories.values() for operation in part]
    with psycopg.connect(site.pair.url, autocommit=True) as conn:
        ledger = read_ledger(conn, [offer.event])
    began = time.monotonic()
    wrong = [str(violation) for violation in check(history, ledger)]
    checker_s = time.monotonic() - began
    refusals = Counter(one.why for one in history if one.result == Result.REFUSED)
    wrong += [f"{count} were refused: {why}" for why, count in refusals.items() if why not in REFUSALS]
    wrong += _not_returned(ledger)
    return Round(
        offer,
        inflicted,
        wrong,
        by_http=_count(histories["visitors"]),
        in_process=_count(histories["insiders"]),
        refusals=refusals,
        resolved=_resolved(history),
        expired=sum(hold.state == "expired" for hold in ledger.holds),
        places=sum(move.quantity for move in ledger.moves if move.quantity > 0),
        checker_s=checker_s,
    )


def _not_returned(ledger: Ledger) -> list[str]:
    """In the end nothing is held and nothing is sold."""
    found = [f"quota {quota.id} has {quota.taken} places taken in the end" for quota in ledger.quotas if quota.taken]
    return found + [f"seat {taken.seat} is taken in the end" for taken in ledger.seats]


def _count(history: Sequence[Operation]) -> Counter[tuple[str, str]]:
    return Counter((str(one.kind), str(one.result)) for one in history)


def _resolved(history: Sequence[Operation]) -> Counter[str]:
    """Of what was asked for under one key, or of one thing, and had no answer at first: the last answer."""
    asked: dict[Any, list[Operation]] = defaultdict(list)
    for one in history:
        asked[one.client, one.kind, one.key or one.hold or one.tickets or (one.quota, one.capacity)].append(one)
    lost = (group for group in asked.values() if any(one.result == Result.UNKNOWN for one in group))
    return Counter(str(max(group, key=lambda one: one.returned_at).result) for group in lost)
