"""History and ledger, indexed once, so that each rule of the checker is one walk over them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.faults.history import Kind, Operation
from tests.faults.ledger import Hold, Ledger, Move, Order, Quota, Ticket


@dataclass(frozen=True)
class Span:
    """When something that happened must have happened: after it was first asked for, before it was first confirmed."""

    invoked_at: float
    returned_at: float


class Facts:
    def __init__(self, history: Iterable[Operation], ledger: Ledger) -> None:
        self.ledger = ledger
        self.operations = list(history)
        self.quotas: dict[int, Quota] = {quota.id: quota for quota in ledger.quotas}
        self.holds: dict[str, Hold] = {hold.id: hold for hold in ledger.holds}
        self.holds_by_key: dict[str, list[Hold]] = defaultdict(list)
        self.orders: dict[str, Order] = {order.code: order for order in ledger.orders}
        self.orders_of: dict[str, list[Order]] = defaultdict(list)
        self.tickets: dict[str, Ticket] = {ticket.id: ticket for ticket in ledger.tickets}
        self.tickets_of: dict[str, list[Ticket]] = defaultdict(list)
        self.moves_of: dict[int, list[Move]] = {quota.id: [] for quota in ledger.quotas}
        self.asked: dict[tuple[Kind, str], list[Operation]] = defaultdict(list)
        self._index()
        self.spans: dict[tuple[str, str], Span] = dict(_spans(self))

    def _index(self) -> None:
        for hold in self.ledger.holds:
            self.holds_by_key[hold.key].append(hold)
        for order in self.ledger.orders:
            self.orders_of[order.hold].append(order)
        for ticket in self.ledger.tickets:
            self.tickets_of[ticket.order].append(ticket)
        for move in sorted(self.ledger.moves, key=lambda move: (move.quota, move.seq)):
            self.moves_of.setdefault(move.quota, []).append(move)
        for operation in self.operations:
            for subject in _subjects(operation):
                self.asked[operation.kind, subject].append(operation)

    def asked_for(self, kind: Kind) -> list[tuple[str, list[Operation]]]:
        """The subjects of this kind of operation, each with all that was asked of it."""
        return [(subject, operations) for (its, subject), operations in self.asked.items() if its == kind]

    def may_have(self, kind: Kind, subject: str) -> bool:
        """Whether anybody asked for this who was not refused."""
        return any(operation.may_have_happened for operation in self.asked.get((kind, subject), ()))

    def needs(self, items: Iterable[tuple[int, int]]) -> dict[int, int]:
        """How many places of which quota these ticket types and quantities take."""
        needs: dict[int, int] = defaultdict(int)
        for ticket_type, quantity in items:
            for quota in self.ledger.draws.get(ticket_type, ()):
                needs[quota] += quantity
        return needs


def _subjects(operation: Operation) -> Sequence[str]:
    """What an operation is filed under: a hold under its key, others under what they change."""
    match operation.kind:
        case Kind.HOLD:
            return (operation.key,)
        case Kind.RELEASE | Kind.ORDER | Kind.EXTEND:
            return (operation.hold,)
        case Kind.CANCEL | Kind.SWAP:
            return operation.tickets
        case Kind.RESIZE:
            return (str(operation.quota),)


def _spans(facts: Facts) -> Iterable[tuple[tuple[str, str], Span]]:
    """Of holds and releases, by the kind of their move and their hold."""
    for key, operations in facts.asked_for(Kind.HOLD):
        known = {operation.hold for operation in operations if operation.is_done}
        for hold in known | {hold.id for hold in facts.holds_by_key.get(key, ())}:
            yield ("hold", hold), _span(operations)
    for hold, operations in facts.asked_for(Kind.RELEASE):
        yield ("release", hold), _span(operations)


def _span(operations: Sequence[Operation]) -> Span:
    return Span(
        min((one.invoked_at for one in operations if one.may_have_happened), default=math.inf),
        min((one.returned_at for one in operations if one.is_done), default=math.inf),
    )
