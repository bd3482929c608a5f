"""What the on-sale page knows of a sale at one moment, and of each minute of the hour before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fairgate.stock.pulse import STEPS_MS

# Of this many minutes it is said how long answers took: one alone is too few people when it is quiet.
SPEED_MINUTES = 5


@dataclass
class Minute:
    """What happened in one minute (of Unix time): in tickets, orders, people refused, and views of the event's page."""

    minute: int
    taken: int = 0
    returned: int = 0
    ordered: int = 0
    gone: int = 0
    not_for_them: int = 0
    busy: int = 0
    views: int = 0
    # How many answers took how long, by the names of `pulse.speed`.
    speeds: dict[str, int] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        return self.gone + self.not_for_them + self.busy


@dataclass(frozen=True)
class Places:
    id: int
    name: str
    starts_at: datetime
    capacity: int
    sold: int
    held: int
    is_seated: bool

    @property
    def free(self) -> int:
        return max(self.capacity - self.sold - self.held, 0)


@dataclass(frozen=True)
class Kind:
    """A ticket type on its way: `sale` is one of stock.catalog.Sale, `left` how many could be had now."""

    name: str
    sale: str
    sale_starts_at: datetime | None
    sold: int
    left: int


@dataclass(frozen=True)
class Mail:
    waiting: int
    oldest_at: datetime | None


@dataclass(frozen=True)
class Facts:
    at: datetime
    places: Sequence[Places]
    kinds: Sequence[Kind]
    minutes: Sequence[Minute]
    mail: Mail
    # Tickets and orders that are not canceled.
    sold: int
    orders: int

    @property
    def capacity(self) -> int:
        return sum(places.capacity for places in self.places)

    @property
    def held(self) -> int:
        return sum(places.held for places in self.places)

    @property
    def free(self) -> int:
        return sum(places.free for places in self.places)

    def in_last_minute(self, name: str) -> int:
        """The minute that runs, and as much of the one before as is missing to sixty seconds."""
        now, before = self.minutes[-1], self.minutes[-2]
        share = 1 - self.at.timestamp() % 60 / 60
        return int(getattr(now, name) + getattr(before, name) * share + 0.5)

    @property
    def views(self) -> int:
        """Within a minute, as it was told last: this is no sum of what happened in a minute."""
        return self.minutes[-1].views or self.minutes[-2].views

    def in_last_hour(self, name: str) -> int:
        return sum(getattr(minute, name) for minute in self.minutes)

    def within_ms(self, share: float) -> int | None:
        """So many milliseconds were enough for this share of the answers of the last minutes. None: nobody asked;
        -1: longer than the longest step."""
        told: dict[str, int] = {}
        for minute in self.minutes[-SPEED_MINUTES:]:
            for name, count in minute.speeds.items():
                told[name] = told.get(name, 0) + count
        everyone, so_far = sum(told.values()), 0
        if not everyone:
            return None
        for step in STEPS_MS:
            so_far += told.get(f"ms-{step}", 0)
            if so_far >= share * everyone:
                return step
        return -1
