"""What a rule says, and which of them the operator reads first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Urgency(IntEnum):
    """`STOPS`: nothing, or nothing of a kind, is sold. `HURTS`: somebody waits or is refused now. `ADVICE`: later."""

    STOPS = 0
    HURTS = 1
    ADVICE = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """`id` is for programs and for the runbook, and stays. `cost` is how many requests, statements or messages wait for
    it or are lost by it, at a time, as far as that was counted. A symptom is what another finding may be the cause of.
    """

    id: str
    urgency: Urgency
    title: str
    evidence: tuple[str, ...]
    levers: tuple[str, ...]
    cost: float = 0.0
    is_symptom: bool = False


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """What stops the sale first; then causes before what they cause, and of those the dearest."""
    return sorted(findings, key=lambda found: (found.urgency, found.is_symptom, -found.cost, found.id))


def is_well(findings: Iterable[Finding]) -> bool:
    return all(found.urgency is Urgency.ADVICE for found in findings)
