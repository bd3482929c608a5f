"""What must be true of the books alone, whatever was promised to whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from tests.faults.facts import Facts
from tests.faults.history import Kind
from tests.faults.ledger import Hold, Move

EFFECTS = ("hold", "release", "expire", "return")

Sentences = Iterator[str]


def numbered_without_gap(facts: Facts) -> Sentences:
    for quota, moves in facts.moves_of.items():
        for expected, move in enumerate(moves, 1):
            if move.seq != expected:
                yield f"quota {quota} has move {move.seq} where {expected} belongs"
                break
        if quota not in facts.quotas:
            yield f"quota {quota} is gone and has moves"
        elif facts.quotas[quota].seq != len(moves):
            yield f"quota {quota} counts {facts.quotas[quota].seq} moves and has {len(moves)}"


def within_capacity(facts: Facts) -> Sentences:
    """At every single move, not only in the end."""
    for quota, moves in facts.moves_of.items():
        taken = 0
        for move in moves:
            taken += move.quantity
            if not 0 <= taken <= move.capacity:
                yield f"at move {move.seq} of quota {quota}, {taken} of {move.capacity} places were taken"
                break


def capacity_changes_by_resize_alone(facts: Facts) -> Sentences:
    for quota, moves in facts.moves_of.items():
        for before, move in pairwise(moves):
            if move.capacity != before.capacity and move.kind != "resize":
                yield f"the capacity of quota {quota} became {move.capacity} by move {move.seq}, a {move.kind}"
        if moves and quota in facts.quotas and facts.quotas[quota].capacity != moves[-1].capacity:
            yield f"the capacity of quota {quota} is not the {moves[-1].capacity} of its last move"


def taken_before_returned(facts: Facts) -> Sentences:
    for quota, moves in facts.moves_of.items():
        took: set[str] = set()
        for move in moves:
            if move.quantity > 0:
                took.add(move.hold)
            if move.quantity < 0 and move.hold not in took:
                yield f"move {move.seq} of quota {quota} gives back what hold {move.hold} takes later or never"


def one_hold_a_key(facts: Facts) -> Sentences:
    for key, holds in facts.holds_by_key.items():
        if key and len(holds) > 1:
            yield f"key {key} made {len(holds)} holds"
    for key, operations in facts.asked_for(Kind.HOLD):
        if len(told := {one.hold for one in operations if one.is_done}) > 1:
            yield f"key {key} was told of {len(told)} holds"


def each_move_once(facts: Facts) -> Sentences:
    """A hold takes once and gives back once; a ticket returns once; each what the hold has of that ticket type."""
    times = Counter(
        _effect(move) for move in facts.ledger.moves if move.kind in ("hold", "release", "expire", "return")
    )
    for (what, subject, ticket_type, quota), count in times.items():
        if count > 1:
            yield f"quota {quota} has {count} moves of {subject}, ticket type {ticket_type}, to {what}"
    for move in facts.ledger.moves:
        hold = facts.holds.get(move.hold) if move.kind in ("hold", "release", "expire") else None
        if hold and abs(move.quantity) != hold.items.get(move.ticket_type):
            yield f"move {move.seq} of quota {move.quota} is not what its hold {hold.id} has"


def _effect(move: Move) -> tuple[str, str, int, int]:
    if move.kind == "return":
        return "return", move.ticket, 0, move.quota
    return "take" if move.kind == "hold" else "give back", move.hold, move.ticket_type, move.quota


def one_order_a_hold(facts: Facts) -> Sentences:
    for hold, orders in facts.orders_of.items():
        if len(orders) > 1:
            yield f"hold {hold} became {len(orders)} orders"
    for found in facts.ledger.holds:
        if (found.state == "converted") != (found.id in facts.orders_of):
            yield f"hold {found.id} is {found.state} and has {len(facts.orders_of.get(found.id, ()))} orders"
    for hold_id, operations in facts.asked_for(Kind.ORDER):
        if len(told := {one.order for one in operations if one.is_done}) > 1:
            yield f"hold {hold_id} was told of {len(told)} orders"


def as_many_tickets_as_were_held(facts: Facts) -> Sentences:
    """Of each ticket type; in all, when somebody asked to swap one of them."""
    for order in facts.ledger.orders:
        if (hold := facts.holds.get(order.hold)) is None:
            yield f"order {order.code} has no hold"
            continue
        tickets = facts.tickets_of[order.code]
        is_swapped = any(facts.may_have(Kind.SWAP, ticket.id) for ticket in tickets)
        found, held = Counter(ticket.ticket_type for ticket in tickets), Counter(hold.items)
        if found.total() != held.total() or (found != held and not is_swapped):
            yield f"order {order.code} should have the tickets {dict(held)} and has {dict(found)}"


def a_seat_has_one_holder(facts: Facts) -> Sentences:
    holders: dict[int, set[str]] = defaultdict(set)
    for taken in facts.ledger.seats:
        holders[taken.seat].add(f"hold {taken.hold}")
    sold = Counter(ticket.seat for ticket in facts.ledger.tickets if ticket.seat is not None and not ticket.is_canceled)
    for ticket in facts.ledger.tickets:
        if ticket.seat is not None and not ticket.is_canceled and ticket.order in facts.orders:
            holders[ticket.seat].add(f"hold {facts.orders[ticket.order].hold}")
    for seat, its in holders.items():
        if len(its) > 1 or sold[seat] > 1:
            yield f"seat {seat} is of {', '.join(sorted(its))}, by {sold[seat]} tickets"


def taken_is_what_stands(facts: Facts) -> Sentences:
    """What a hold took and did not give back is what it stands for: nothing, once it and its tickets have ended."""
    net: dict[tuple[str, int], int] = defaultdict(int)
    for move in facts.ledger.moves:
        net[move.hold, move.quota] += move.quantity
    for hold in facts.ledger.holds:
        for quota, places in facts.needs(_standing(facts, hold)).items():
            net[hold.id, quota] -= places
    for (hold_id, quota), difference in net.items():
        if difference:
            yield f"hold {hold_id} keeps {difference:+} places of quota {quota} against what stands of it"


def _standing(facts: Facts, hold: Hold) -> Iterable[tuple[int, int]]:
    """The ticket types and quantities that nobody else may have."""
    if hold.state == "active":
        return hold.items.items()
    tickets = (ticket for order in facts.orders_of.get(hold.id, ()) for ticket in facts.tickets_of[order.code])
    return [(ticket.ticket_type, 1) for ticket in tickets if not ticket.is_canceled]


def seats_taken_are_what_stands(facts: Facts) -> Sentences:
    taken = {taken.seat: taken.hold for taken in facts.ledger.seats}
    sold = {ticket.seat for ticket in facts.ledger.tickets if ticket.seat is not None and not ticket.is_canceled}
    for seat, hold in taken.items():
        if seat not in sold and (hold not in facts.holds or facts.holds[hold].state != "active"):
            yield f"seat {seat} is taken by hold {hold}, which has ended"
    for seat in sold - taken.keys():
        yield f"seat {seat} is sold and not taken"


def taken_is_the_sum_of_moves(facts: Facts) -> Sentences:
    for quota in facts.ledger.quotas:
        if quota.taken != (summed := sum(move.quantity for move in facts.moves_of[quota.id])):
            yield f"quota {quota.id} has {quota.taken} places taken, and its moves say {summed}"
