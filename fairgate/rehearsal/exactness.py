"""Was it sold exactly? Each check compares what the buyers were told with what the rows say. No Django."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fairgate.rehearsal.facts import Facts, Move, Places
from fairgate.rehearsal.told import Told

# A refusal may come from memory for so long (docs/proof.md), and a move's time is that of its transaction's beginning.
MEMORY_S = 1.0
SLACK_S = 1.0


@dataclass(frozen=True)
class Check:
    """`says` is for people; it names what is wrong, if anything is."""

    rule: str
    says: str
    is_right: bool


def check(facts: Facts, told: Told, differences: Sequence[str]) -> list[Check]:
    return [
        *(_within_capacity(places) for places in facts.places),
        _places_are_tickets(facts),
        _orders_have_their_tickets(facts),
        _told_is_true(facts, told),
        _double_clicks(facts, told),
        *([_seats(facts)] if facts.has_seats else []),
        _no_false_refusal(facts, told),
        _books_agree(differences),
    ]


def _within_capacity(places: Places) -> Check:
    """By its tickets and baskets, whatever its counter says."""
    used = places.sold + places.held
    says = f"{places.name}: {places.sold:,} sold"
    says += f" and {places.held:,} in baskets" if places.held else ""
    says += f" of {places.capacity:,} places"
    if used > places.capacity:
        says += f", which is {used - places.capacity:,} too many"
    return Check("Never more than there are", says, used <= places.capacity)


def _places_are_tickets(facts: Facts) -> Check:
    wrong = [places for places in facts.places if places.taken != places.sold + places.held]
    says = "Every place that is taken belongs to a ticket or a basket"
    if wrong:
        says = "; ".join(
            f"{p.name}: {p.taken:,} places taken for {p.sold + p.held:,} tickets and baskets" for p in wrong
        )
    return Check("A place for each ticket", says, not wrong)


def _orders_have_their_tickets(facts: Facts) -> Check:
    says = f"{len(facts.orders):,} orders have {facts.tickets:,} tickets"
    if facts.tickets != facts.promised:
        says += f", and should have {facts.promised:,}"
    return Check("Every order has its tickets", says, facts.tickets == facts.promised)


def _told_is_true(facts: Facts, told: Told) -> Check:
    """An order of which nobody was told is one whose answer got lost; its buyer has the mail."""
    codes = Counter(fate.order for fate in told.fates if fate.order)
    missing = codes.keys() - facts.orders
    shared = [code for code, times in codes.items() if times > 1]
    says = f"{len(codes):,} buyers were told that they have an order, and each has one of her own"
    if unheard := len(facts.orders - codes.keys()):
        says += f"; {unheard:,} more had left before the answer came"
    if missing or shared:
        says = (
            f"{len(missing):,} buyers were told of an order that is not there, {len(shared):,} orders told to several"
        )
    return Check("What was said is true", says, not missing and not shared)


def _double_clicks(facts: Facts, told: Told) -> Check:
    wrong = sum(fate.contradictions for fate in told.fates) + facts.orders_of_one_hold
    says = f"{told.double_clicks:,} double clicks, and each bought once"
    return Check("A double click buys once", f"{wrong:,} double clicks bought twice" if wrong else says, not wrong)


def _seats(facts: Facts) -> Check:
    twice = facts.seats_sold_twice
    return Check(
        "One ticket a seat", f"Sold twice: {', '.join(twice[:5])}" if twice else "No seat was sold twice", not twice
    )


def _no_false_refusal(facts: Facts, told: Told) -> Check:
    """Right, if at some moment from a second before the request to its answer fewer places were free than wanted."""
    ledgers = _ledgers(facts)
    refusals = [refusal for fate in told.fates for refusal in fate.turned]
    wrong = 0
    for asked, answered, ticket_type, wanted in refusals:
        begins = told.opened_at + asked - MEMORY_S - SLACK_S
        ends = told.opened_at + answered + SLACK_S
        quotas = facts.draws.get(ticket_type, [])
        wrong += not any(ledgers[quota].least_free(begins, ends) < wanted for quota in quotas)
    says = f"{len(refusals):,} times somebody was told that there are not so many left, and that was so"
    if wrong:
        says = f"{wrong:,} of {len(refusals):,} who were refused could have had places"
    return Check("Nobody was refused what was there", says, not wrong)


def _books_agree(differences: Sequence[str]) -> Check:
    says = "The audit recomputed every place, order, ticket and payment: 0 differences"
    if differences:
        says = f"The audit found {len(differences)}: {differences[0]}"
    return Check("The books agree", says, not differences)


class Ledger:
    """How many places of a quota were free when."""

    def __init__(self, capacity: int, moves: Iterable[Move]) -> None:
        self._times: list[float] = []
        # `_free[n]` after n moves.
        self._free = [capacity]
        latest = 0.0
        for move in moves:
            # Transactions that wait for each other may have begun in another order.
            latest = max(latest, move.at)
            self._times.append(latest)
            self._free.append(self._free[-1] - move.quantity)

    def least_free(self, begins: float, ends: float) -> int:
        first, last = bisect_left(self._times, begins), bisect_right(self._times, ends)
        # Mostly it was full at the end.
        return 0 if self._free[last] <= 0 else min(self._free[first : last + 1])


def _ledgers(facts: Facts) -> dict[int, Ledger]:
    moves: dict[int, list[Move]] = defaultdict(list)
    for move in facts.moves:
        moves[move.quota].append(move)
    return {places.quota: Ledger(places.capacity, moves[places.quota]) for places in facts.places}
