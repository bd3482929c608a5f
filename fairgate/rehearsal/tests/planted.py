"""What buyers and rows say of a small sale, for tests to spoil."""

from __future__ import annotations

from collections.abc import Sequence

from fairgate.rehearsal.facts import Facts, Move, Places
from fairgate.rehearsal.fates import OUTCOMES, STEPS, Fate
from fairgate.rehearsal.told import Told

OPENED_AT = 1_000_000.0
QUOTA, TYPE = 1, 11


def told(*fates: Fate, double_clicks: int = 0) -> Told:
    return Told(
        opened_at=OPENED_AT,
        seconds=60.0,
        cpu_s=0.5,
        is_cut=False,
        most_in_shop=len(fates),
        most_connections=len(fates),
        double_clicks=double_clicks,
        odd=[],
        steps=STEPS,
        outcomes=OUTCOMES,
        each_second=[{"at": 0.0, "late_ms": 0.0}],
        notes=[],
        fates=fates,
    )


def winner(asked: float, *, places: int = 1, answered: float | None = None) -> Fate:
    """Named by when she asked."""
    return Fate(
        came=asked,
        ticket_type=TYPE,
        asked=asked,
        answered=asked + 0.1 if answered is None else answered,
        outcome="bought",
        places=places,
        hold=f"hold {asked}",
        order=f"ORDER{asked}",
    )


def loser(asked: float, wanted: int = 1) -> Fate:
    answered = asked + 0.1
    turned = [(asked, answered, TYPE, wanted)]
    return Fate(asked, TYPE, asked, answered, "sold out", refusals=1, turned=turned)


def facts(fates: Sequence[Fate], *, capacity: int, turns: Sequence[Fate] | None = None) -> Facts:
    """What the rows say when all is well: those who have a hold got it when they were answered, in `turns`."""
    winners = [fate for fate in (turns or fates) if fate.hold]
    sold = sum(fate.places for fate in winners)
    return Facts(
        places=[Places(QUOTA, "Hall", capacity, sold=sold, held=0, taken=sold)],
        moves=[
            Move(QUOTA, number, fate.places, fate.hold, OPENED_AT + (fate.answered or 0) - 0.05)
            for number, fate in enumerate(winners, 1)
        ],
        orders=frozenset(fate.order for fate in winners),
        tickets=sold,
        promised=sold,
        draws={TYPE: [QUOTA]},
    )
