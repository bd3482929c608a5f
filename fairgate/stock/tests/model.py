"""What stock should do, in plain Python and one thing at a time: no counters, everything counted from what stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from uuid import UUID


@dataclass(frozen=True)
class Seat:
    id: int
    rank: int
    place: int


@dataclass
class Hold:
    items: Mapping[int, int]
    seats: Mapping[int, Sequence[int]]
    state: str = "active"
    is_due: bool = False
    is_extended: bool = False


@dataclass
class Ticket:
    hold: UUID
    ticket_type: int
    seat: int | None
    is_canceled: bool = False


@dataclass(frozen=True)
class Wanted:
    """So many of one kind; the seats that were chosen, if any were."""

    ticket_type: int
    quantity: int
    seats: tuple[int, ...] = ()


@dataclass(frozen=True)
class Answer:
    """By item: what is left when it is sold out, which seats were taken before, or which it has now."""

    outcome: str
    left: Sequence[int | None]
    seats: Sequence[frozenset[int]]


@dataclass
class Model:
    draws: Mapping[int, frozenset[int]]
    capacity: dict[int, int]
    # The one quota whose places are numbered.
    seated: int
    plan: Sequence[Seat]
    holds: dict[UUID, Hold] = field(default_factory=dict)
    tickets: dict[UUID, Ticket] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)

    def taken(self) -> dict[int, int]:
        taken = dict.fromkeys(self.capacity, 0)
        for ticket_type, quantity in self._standing():
            for quota in self.draws[ticket_type]:
                taken[quota] += quantity
        return taken

    def seats_taken(self) -> dict[int, tuple[UUID, int]]:
        """Seat to hold and ticket type."""
        held = {
            seat: (id_, ticket_type)
            for id_, hold in self.holds.items()
            if hold.state == "active"
            for ticket_type, seats in hold.seats.items()
            for seat in seats
        }
        good = [ticket for ticket in self.tickets.values() if not ticket.is_canceled]
        return held | {ticket.seat: (ticket.hold, ticket.ticket_type) for ticket in good if ticket.seat is not None}

    def free(self) -> dict[int, int]:
        taken = self.taken()
        return {quota: capacity - taken[quota] for quota, capacity in self.capacity.items()}

    def hold(self, batch: Sequence[tuple[UUID, Sequence[Wanted]]]) -> list[Answer]:
        self.expire_within(quota for _, items in batch for item in items for quota in self.draws[item.ticket_type])
        return [self._hold(id_, items) for id_, items in batch]

    def _hold(self, id_: UUID, items: Sequence[Wanted]) -> Answer:
        free, nothing = self.free(), [frozenset[int]()] * len(items)
        needs = [quota for item in items for quota in self.draws[item.ticket_type] for _ in range(item.quantity)]
        if any(needs.count(quota) > free[quota] for quota in needs):
            left = [min(free[quota] for quota in self.draws[item.ticket_type]) for item in items]
            return Answer("sold-out", left, nothing)
        seats: dict[int, Sequence[int]] = {}
        for number, item in enumerate(items):
            gone = {*self._seats_gone(), *(seat for its in seats.values() for seat in its)}
            if self.seated not in self.draws[item.ticket_type]:
                seats[item.ticket_type] = ()
            elif refused := gone & set(item.seats):
                return Answer("seat-taken", [None] * len(items), _at(number, refused, nothing))
            else:
                seats[item.ticket_type] = item.seats or self.best(item.quantity, gone)
        self.holds[id_] = Hold({item.ticket_type: item.quantity for item in items}, seats)
        return Answer("held", [None] * len(items), [frozenset(its) for its in seats.values()])

    def best(self, quantity: int, gone: Iterable[int]) -> list[int]:
        """Neighbors as many as there can be, as often as it takes."""
        gone, best = set(gone), list[int]()
        while len(best) < quantity:
            best += self._best_run(quantity - len(best), gone | set(best))
        return best

    def _best_run(self, most: int, gone: set[int]) -> list[int]:
        """The longest, then the foremost, then one that leaves no seat alone, then the one next to the middle."""
        runs = []
        for rank, its in groupby(self.plan, lambda seat: seat.rank):
            row = {seat.place: seat for seat in its}
            middle = Fraction(sum(row), len(row))
            free = {place for place, seat in row.items() if seat.id not in gone}
            for place in free:
                run = [place]
                while len(run) < most and run[-1] + 1 in free:
                    run.append(run[-1] + 1)
                left, right = run[0] - 1, run[-1] + 1
                alone = (left in free and left - 1 not in free) + (right in free and right + 1 not in free)
                off = abs(Fraction(run[0] + run[-1], 2) - middle)
                runs.append(((-len(run), rank, alone, off, place), [row[place].id for place in run]))
        return min(runs)[1]

    def expire_within(self, quotas: Iterable[int]) -> None:
        """End what is due, as far as it has places of no other quotas than these."""
        among = set(quotas)
        for hold in self.due():
            if all(self.draws[ticket_type] <= among for ticket_type in hold.items):
                hold.state = "expired"

    def due(self) -> list[Hold]:
        return [hold for hold in self.holds.values() if hold.state == "active" and hold.is_due]

    def swap(self, ticket: Ticket, ticket_type: int, seat: int | None) -> str:
        if ticket_type == ticket.ticket_type and seat in (None, ticket.seat):
            return "nothing to change"
        left, entered = self.draws[ticket.ticket_type], self.draws[ticket_type]
        before = {id(hold): hold.state for hold in self.holds.values()}
        self.expire_within(left | entered)
        outcome, its = self._swapped(ticket, entered - left, self.seated in entered, seat)
        if outcome == "swapped":
            ticket.ticket_type, ticket.seat = ticket_type, its
        else:
            # Nothing has happened then, as all of it is one transaction.
            for hold in self.holds.values():
                hold.state = before[id(hold)]
        return outcome

    def _swapped(
        self, ticket: Ticket, new: frozenset[int], is_seated: bool, seat: int | None
    ) -> tuple[str, int | None]:
        free = self.free()
        if any(free[quota] == 0 for quota in new):
            return "sold-out", None
        if not is_seated:
            return ("swapped", None) if seat is None else ("seat-unknown", None)
        gone = {one for one in self._seats_gone() if one != ticket.seat}
        its = seat or ticket.seat or self.best(1, gone)[0]
        return ("seat-taken", None) if its in gone else ("swapped", its)

    def _standing(self) -> Iterable[tuple[int, int]]:
        for hold in self.holds.values():
            if hold.state == "active":
                yield from hold.items.items()
        for ticket in self.tickets.values():
            if not ticket.is_canceled:
                yield ticket.ticket_type, 1

    def _seats_gone(self) -> set[int]:
        return {*self.seats_taken(), *self.blocked}


def _at(number: int, seats: set[int], nothing: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    return [frozenset(seats) if at == number else empty for at, empty in enumerate(nothing)]
