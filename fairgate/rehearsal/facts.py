"""What the database says when everybody has gone home: `counting` reads it, the checks judge it. No Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Places:
    """Of one quota. `sold` are its good tickets, `held` what is in baskets, `taken` what the quota itself says."""

    quota: int
    name: str
    capacity: int
    sold: int
    held: int
    taken: int


@dataclass(frozen=True)
class Move:
    """A line of a quota's ledger; `at` in seconds of the epoch."""

    quota: int
    seq: int
    quantity: int
    hold: str
    at: float


@dataclass(frozen=True)
class Facts:
    places: Sequence[Places]
    moves: Sequence[Move]
    # Codes.
    orders: frozenset[str] = frozenset()
    tickets: int = 0
    # What the holds of all orders promised.
    promised: int = 0
    orders_of_one_hold: int = 0
    has_seats: bool = False
    # Names of seats with more than one good ticket.
    seats_sold_twice: Sequence[str] = ()
    # Which quotas a ticket type draws on.
    draws: dict[int, list[int]] = field(default_factory=dict)
    mails: int = 0
    mails_waiting: int = 0

    @property
    def capacity(self) -> int:
        return sum(places.capacity for places in self.places)

    @property
    def sold(self) -> int:
        return sum(places.sold for places in self.places)
