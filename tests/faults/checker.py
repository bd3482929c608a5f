"""Whether a recorded history and the books left behind can both be true of a shop that never breaks its promises.

    violations = check(operations, ledger)         # from history.py and ledger.py; [] means: nothing was found

As in Jepsen (https://jepsen.io), clients note what they ask and what they are told, faults happen meanwhile, and a
program that knows nothing of how the shop works judges afterwards. What it judges is linearizability (Herlihy and
Wing, "Linearizability: A Correctness Condition for Concurrent Objects", 1990): each operation must seem to happen at
one instant between its call and its answer. To find such instants is NP-complete in general (Gibbons and Korach, 1997)
and hopeless for a million operations. Here nothing has to be searched: the database numbers every change of a quota,
so the order is known, and it remains to see that it is a right one. That takes sorting, and one walk a rule.

Only what is certainly wrong is reported, each time with a rule and a sentence. An operation of unknown outcome may
have happened or not, but a key is at most one hold either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tests.faults import books, promises
from tests.faults.facts import Facts
from tests.faults.history import Operation
from tests.faults.ledger import Ledger


class Rule(StrEnum):
    CAPACITY = "never above capacity"
    ORDER = "in the order of real time"
    DURABLE = "what was confirmed is there"
    ONCE = "exactly once"
    REFUSAL = "no false sold-out"
    RETURNED = "everything is returned"


@dataclass(frozen=True)
class Violation:
    rule: Rule
    sentence: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.sentence}"


def check(history: Iterable[Operation], ledger: Ledger) -> list[Violation]:
    facts = Facts(history, ledger)
    return [Violation(rule, sentence) for rule, broken in RULES for sentence in broken(facts)]


RULES: tuple[tuple[Rule, Callable[[Facts], Iterator[str]]], ...] = (
    (Rule.CAPACITY, books.numbered_without_gap),
    (Rule.CAPACITY, books.within_capacity),
    (Rule.CAPACITY, books.capacity_changes_by_resize_alone),
    (Rule.ORDER, books.taken_before_returned),
    (Rule.ORDER, promises.in_real_time_order),
    (Rule.ORDER, promises.stamped_while_asked),
    (Rule.DURABLE, promises.confirmed_holds_are_there),
    (Rule.DURABLE, promises.a_confirmed_key_is_not_refused_later),
    (Rule.DURABLE, promises.holds_were_asked_for),
    (Rule.DURABLE, promises.holds_are_in_their_state),
    (Rule.DURABLE, promises.confirmed_orders_are_there),
    (Rule.DURABLE, promises.confirmed_seats_are_there),
    (Rule.DURABLE, promises.extensions_are_there),
    (Rule.DURABLE, promises.swaps_are_there),
    (Rule.DURABLE, promises.cancellations_are_there),
    (Rule.DURABLE, promises.resizes_are_there),
    (Rule.ONCE, books.one_hold_a_key),
    (Rule.ONCE, books.each_move_once),
    (Rule.ONCE, books.one_order_a_hold),
    (Rule.ONCE, books.as_many_tickets_as_were_held),
    (Rule.ONCE, books.a_seat_has_one_holder),
    (Rule.REFUSAL, promises.refusals_are_right),
    (Rule.RETURNED, books.taken_is_what_stands),
    (Rule.RETURNED, books.seats_taken_are_what_stands),
    (Rule.RETURNED, books.taken_is_the_sum_of_moves),
)
