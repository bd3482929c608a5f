"""What somebody wants rehearsed. No Django."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fairgate.rehearsal.errors import CannotRehearse

MOST_S = 6 * 3600.0


@dataclass(frozen=True)
class Wish:
    """`seconds`: within which all buyers come; with a `rate`, no more than so many in a second."""

    event: str
    buyers: int
    seconds: float = 180.0
    rate: float | None = None
    faults: bool = False
    url: str = ""

    @property
    def longest_s(self) -> float:
        """Until the last buyer has come."""
        return max(self.seconds, self.buyers / self.rate if self.rate else 0.0)

    def check(self) -> None:
        """Raises CannotRehearse."""
        if not all(map(math.isfinite, (self.seconds, self.rate or 0))):
            raise CannotRehearse("--seconds and --rate take numbers, such as 180 and 25.")
        if self.longest_s > MOST_S:
            raise CannotRehearse(
                f"At {self.rate:g} a second, {self.buyers:,} buyers take {self.longest_s / 3600:,.0f} hours to come;"
                " choose a higher --rate or fewer --buyers."
            )
