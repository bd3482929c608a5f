"""Little histories of one quota, made up: mostly right, and then something is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.faults.history import Kind, Operation, Result
from tests.faults.ledger import Hold, Ledger, Move, Quota

QUOTA, TICKET_TYPE = 1, 1


@dataclass(frozen=True)
class Step:
    """One operation as it happens: asked for, decided, answered."""

    invoked_at: int
    decided_after: int
    answered_after: int
    quantity: int
    # Of which earlier hold it is the release, or the repetition; none: a hold of its own.
    earlier: int | None
    is_repeat: bool
    is_lost: bool
    # Decided in the same transaction as the one before, if that is possible.
    joins: bool

    @property
    def decided_at(self) -> int:
        return self.invoked_at + self.decided_after

    @property
    def returned_at(self) -> int:
        return self.decided_at + self.answered_after


steps = st.builds(
    Step,
    invoked_at=st.integers(0, 12),
    decided_after=st.integers(0, 3),
    answered_after=st.integers(0, 3),
    quantity=st.integers(1, 3),
    earlier=st.one_of(st.none(), st.integers(0, 3)),
    is_repeat=st.booleans(),
    is_lost=st.integers(0, 5).map(lambda number: number == 0),
    joins=st.booleans(),
)


@dataclass(frozen=True)
class Change:
    """What is not as it was: less capacity, one more refusal, two moves in the other order."""

    capacity: int = 0
    refused: tuple[int, int, int] | None = None
    swapped: int | None = None


changes = st.one_of(
    st.just(Change()),
    st.just(Change(capacity=-1)),
    st.builds(Change, refused=st.tuples(st.integers(-2, 16), st.integers(0, 3), st.integers(1, 3))),
    st.builds(Change, swapped=st.integers(0, 5)),
)


class Played:
    """A real quota to which the steps happen one after the other, and what is remembered of it."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.taken = 0
        self.history: list[Operation] = []
        self.moves: list[Move] = []
        self.holds: list[Hold] = []

    def step(self, number: int, step: Step) -> None:
        result = Result.UNKNOWN if step.is_lost else Result.DONE
        asked = Operation(str(number), Kind.HOLD, step.invoked_at, step.returned_at, result)
        hold = self.holds[step.earlier] if step.earlier is not None and step.earlier < len(self.holds) else None
        if hold is None:
            self._hold(asked, step, number)
        elif step.is_repeat:
            self._confirm(asked, hold)
        else:
            self._release(asked, step, number, hold)

    def _hold(self, asked: Operation, step: Step, number: int) -> None:
        hold = Hold(asked.client, f"key {number}", "active", 0, False, {TICKET_TYPE: step.quantity})
        if self.taken + step.quantity <= self.capacity:
            self.holds.append(hold)
            self._move(step, number, hold, "hold", step.quantity)
            self._confirm(asked, hold)
        else:
            result = Result.UNKNOWN if step.is_lost else Result.SOLD_OUT
            self.history.append(replace(asked, key=hold.key, items=hold.items, result=result))

    def _confirm(self, asked: Operation, hold: Hold) -> None:
        told = hold.id if asked.is_done else ""
        self.history.append(replace(asked, key=hold.key, items=hold.items, hold=told))

    def _release(self, asked: Operation, step: Step, number: int, hold: Hold) -> None:
        self.history.append(replace(asked, kind=Kind.RELEASE, hold=hold.id))
        if hold.state == "active":
            self.holds[self.holds.index(hold)] = replace(hold, state="released")
            self._move(step, number, hold, "release", -hold.items[TICKET_TYPE])

    def _move(self, step: Step, number: int, hold: Hold, kind: str, quantity: int) -> None:
        self.taken += quantity
        last = self.moves[-1] if self.moves else None
        transaction = last.transaction if last and last.at == step.decided_at and step.joins else number
        move = (QUOTA, 0, kind, quantity, self.capacity, hold.id, TICKET_TYPE, "", step.decided_at, transaction)
        self.moves.append(Move(*move))


def play(capacity: int, steps: list[Step], change: Change) -> tuple[list[Operation], Ledger]:
    played = Played(capacity)
    for number, step in enumerate(sorted(steps, key=lambda step: step.decided_at)):
        played.step(number, step)
    _refuse(played.history, change)
    _swap(played.moves, change)
    capacity += change.capacity
    moves = [replace(move, seq=seq, capacity=capacity) for seq, move in enumerate(played.moves, 1)]
    quotas = [Quota(QUOTA, capacity, played.taken, len(moves))]
    return played.history, Ledger(quotas, moves, played.holds, [], [], [], {TICKET_TYPE: (QUOTA,)})


def _refuse(history: list[Operation], change: Change) -> None:
    if change.refused is None:
        return
    invoked_at, duration, quantity = change.refused
    asked = Operation("hopeful", Kind.HOLD, invoked_at, invoked_at + duration, Result.SOLD_OUT)
    history.append(replace(asked, key="hopeful", items={TICKET_TYPE: quantity}))


def _swap(moves: list[Move], change: Change) -> None:
    """The stamps stay in order, as those of a quota are."""
    if change.swapped is None or change.swapped + 1 >= len(moves):
        return
    one, other = moves[change.swapped : change.swapped + 2]
    moves[change.swapped] = replace(other, at=one.at, transaction=one.transaction)
    moves[change.swapped + 1] = replace(one, at=other.at, transaction=other.transaction)
