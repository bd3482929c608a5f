"""Everything that a rehearsal found, as report.json has it and report.html shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from fairgate.rehearsal import arrivals, exactness, fairness, limits, speed
from fairgate.rehearsal.facts import Facts
from fairgate.rehearsal.figures import spread
from fairgate.rehearsal.habits import HABITS
from fairgate.rehearsal.told import Told, is_answer


@dataclass(frozen=True)
class Asked:
    """What the rehearsal was asked for, and of which event."""

    event: str
    title: str
    organizer: str
    buyers: int
    seconds: float
    rate: float | None
    url: str


@dataclass
class Measured:
    """What was seen beside the buyers and the database; nothing where it could not be."""

    samples: limits.Samples = ()
    cores: int = 1
    processes: Mapping[str, int] = field(default_factory=dict)
    door: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    waits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    faults: Sequence[str] = ()


def assemble(asked: Asked, told: Told, facts: Facts, measured: Measured, differences: Sequence[str]) -> dict[str, Any]:
    checks = exactness.check(facts, told, differences)
    fair = fairness.measure(facts, told)
    judged = limits.judge(
        told,
        measured.samples,
        cores=measured.cores,
        processes=measured.processes,
        door=measured.door,
        waits=measured.waits,
    )
    return {
        **asdict(asked),
        "began_at": datetime.fromtimestamp(told.opened_at, UTC).isoformat(timespec="seconds"),
        "took_s": told.seconds,
        "is_cut": told.is_cut,
        "exact": all(check.is_right for check in checks),
        "checks": [asdict(check) for check in checks],
        "sold": _sold(facts, told),
        "fair": {**asdict(fair), "tau": fair.tau, "first_come": fair.first_come},
        "fast": {
            "all_ms": spread([ms for _b, step, _at, ms, status in told.notes if is_answer(step, status)]),
            "within_a_second": speed.in_good_time(told),
            "steps": [asdict(step) for step in speed.steps(told)],
            "over_time": _with_taken(speed.over_time(told), facts, told),
        },
        "limits": {
            **asdict(judged),
            "processors": measured.cores,
            "processes": dict(measured.processes),
            "door": dict(measured.door),
            "waits_for_connections": dict(measured.waits),
            "processor_time": [{"at": at - told.opened_at, **spent} for at, spent in measured.samples],
        },
        "faults": list(measured.faults),
        "outcomes": {outcome: told.counts[outcome] for outcome in told.outcomes if told.counts[outcome]},
        "mails": {"made_and_kept_back": facts.mails, "not_made_yet": facts.mails_waiting},
        "generator": {
            "requests": len(told.notes),
            "cpu_s": told.cpu_s,
            "cpu_ms_a_request": told.cpu_ms_a_request,
            "late_ms": told.late_ms,
            "most_in_shop": told.most_in_shop,
            "most_connections": told.most_connections,
            "unexpected_answers": list(told.odd),
        },
        "assumptions": {"arrivals": (arrivals.__doc__ or "").strip(), "habits": asdict(HABITS)},
    }


def _sold(facts: Facts, told: Told) -> dict[str, Any]:
    return {
        "places": facts.capacity,
        "sold": facts.sold,
        "in_baskets": sum(places.held for places in facts.places),
        "orders": len(facts.orders),
        "tickets": facts.tickets,
        "full_after_s": _full_after(facts, told),
        "quotas": [asdict(places) for places in facts.places],
    }


def _full_after(facts: Facts, told: Told) -> float | None:
    """When nothing was left of anything for the first time."""
    free = {places.quota: places.capacity for places in facts.places}
    left = set(free)
    for move in sorted(facts.moves, key=lambda move: (move.at, move.quota, move.seq)):
        free[move.quota] -= move.quantity
        if free[move.quota] <= 0:
            left.discard(move.quota)
        if not left:
            return max(0.0, move.at - told.opened_at)
    return None


def _with_taken(pieces: list[dict[str, Any]], facts: Facts, told: Told) -> list[dict[str, Any]]:
    """How many places were taken at the end of each piece."""
    moves = sorted((move.at - told.opened_at, move.quantity) for move in facts.moves)
    taken, number = 0, 0
    for piece in pieces:
        while number < len(moves) and moves[number][0] < piece["at"] + piece["seconds"]:
            taken += moves[number][1]
            number += 1
        piece["taken"] = taken
    return pieces
