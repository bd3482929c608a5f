"""Buyers as they are told of: their steps, and what became of each. No Django."""

from __future__ import annotations

from dataclasses import dataclass, field

STEPS = ("event page", "seat plan", "places", "checkout", "order", "order page")
PAGE, PLAN, PLACES, CHECKOUT, ORDER, DONE = range(len(STEPS))
# By step, what may be answered besides being told to come again. A reloaded checkout leads to its order.
EXPECTED = ((200,), (200,), (201, 303, 409), (200, 302, 410), (201, 302, 410), (200,))
OUTCOMES = ("bought", "left", "gave back", "sold out", "busy", "lost", "refused", "on the way")
TAKEN = 409
TOLD_TO_WAIT = (429, 503)
# Asked again under the same key, nothing can happen twice.
AGAIN = (0, 408, 500, 502, 504, *TOLD_TO_WAIT)


@dataclass
class Fate:
    """What became of one buyer; times in seconds after the opening. `asked` is when she first asked for places."""

    came: float
    # What she wants.
    ticket_type: int = 0
    asked: float | None = None
    answered: float | None = None
    outcome: str = "on the way"
    places: int = 0
    hold: str = ""
    order: str = ""
    refusals: int = 0
    contradictions: int = 0
    # When she asked, when she was told that there are not so many, of what, how many: where she had not chosen a seat.
    turned: list[tuple[float, float, int, int]] = field(default_factory=list)
