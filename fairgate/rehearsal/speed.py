"""Was it fast? How long answers took, by step and over time. No Django."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from fairgate.rehearsal.fates import TOLD_TO_WAIT
from fairgate.rehearsal.figures import percentile, spread
from fairgate.rehearsal.told import Told, is_answer

BUCKETS = 90
# What a person takes for at once, and for working.
GOOD_MS = 1000.0


@dataclass(frozen=True)
class Step:
    """Times of answers, in milliseconds; who was told to wait or got none is counted, not timed."""

    name: str
    answers: int
    told_to_wait: int
    failed: int
    ms: dict[str, float | None]


def steps(told: Told) -> list[Step]:
    times: dict[int, list[float]] = defaultdict(list)
    waits: dict[int, int] = defaultdict(int)
    failed: dict[int, int] = defaultdict(int)
    for _buyer, step, _began, ms, status in told.notes:
        if is_answer(step, status):
            times[step].append(ms)
        elif status in TOLD_TO_WAIT:
            waits[step] += 1
        else:
            failed[step] += 1
    asked = times.keys() | waits.keys() | failed.keys()
    return [
        Step(told.steps[step], len(times[step]), waits[step], failed[step], spread(times[step]))
        for step in sorted(asked)
    ]


def in_good_time(told: Told) -> float | None:
    """The share of answers that came within a second."""
    times = [ms for _buyer, step, _began, ms, status in told.notes if is_answer(step, status)]
    return sum(ms <= GOOD_MS for ms in times) / len(times) if times else None


def over_time(told: Told) -> list[dict[str, Any]]:
    """In pieces of whole seconds: who came, what they were answered, how long it took; what was sold by then."""
    width = max(1, round(told.seconds / BUCKETS))
    pieces = int(told.seconds // width) + 1
    times: dict[int, list[float]] = defaultdict(list)
    counts: dict[str, list[int]] = {name: [0] * pieces for name in ("came", "places", "told_to_wait", "failed")}
    got, none = [0] * pieces, [0] * pieces
    for _buyer, step, began, ms, status in told.notes:
        piece = min(pieces - 1, int(began // width))
        if is_answer(step, status):
            times[piece].append(ms)
        else:
            counts["told_to_wait" if status in TOLD_TO_WAIT else "failed"][piece] += 1
    for fate in told.fates:
        counts["came"][min(pieces - 1, int(fate.came // width))] += 1
        if fate.hold and fate.answered is not None:
            counts["places"][min(pieces - 1, int(fate.answered // width))] += fate.places
        if fate.asked is not None:
            (got if fate.hold else none)[min(pieces - 1, int(fate.asked // width))] += 1
    return [
        {
            "at": piece * width,
            "seconds": width,
            "answers": len(times[piece]),
            "p50_ms": percentile(sorted(times[piece]), 0.5),
            "p95_ms": percentile(sorted(times[piece]), 0.95),
            "asked_and_got": got[piece],
            "asked_and_got_none": none[piece],
            **{name: its[piece] for name, its in counts.items()},
        }
        for piece in range(pieces)
    ]
