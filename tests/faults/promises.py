"""What must be true between what clients were told, when, and what the books say."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from tests.faults.facts import Facts
from tests.faults.history import Kind, Result
from tests.faults.refusals import ROUNDING_S, false_refusals

Sentences = Iterator[str]


def in_real_time_order(facts: Facts) -> Sentences:
    """What was confirmed before something else was asked for comes before it in every quota that both changed."""
    for quota, moves in facts.moves_of.items():
        confirmed_at, by = math.inf, 0
        for move in reversed(moves):
            span = facts.spans.get((move.kind, move.hold))
            if span is None:
                continue
            if confirmed_at < span.invoked_at < math.inf:
                yield f"move {by} of quota {quota} was confirmed before {move.seq} was asked for"
            if span.returned_at < confirmed_at:
                confirmed_at, by = span.returned_at, move.seq


def stamped_while_asked(facts: Facts) -> Sentences:
    """Else the clocks of clients and database differ, or somebody was told of what had not happened yet."""
    for move in facts.ledger.moves:
        span = facts.spans.get((move.kind, move.hold))
        if span is None or span.invoked_at == math.inf:
            continue
        if not span.invoked_at - ROUNDING_S <= move.at <= span.returned_at + ROUNDING_S:
            yield f"move {move.seq} of quota {move.quota} happened outside of its {move.kind}"


def confirmed_holds_are_there(facts: Facts) -> Sentences:
    for key, operations in facts.asked_for(Kind.HOLD):
        for hold, confirmed in {one.hold: one for one in operations if one.is_done}.items():
            found = facts.holds.get(hold)
            if found is None:
                yield f"hold {hold} was confirmed and is not there"
            elif found.key not in (key, ""):
                yield f"hold {hold} has another key than it was asked for with"
            elif found.items != confirmed.items:
                yield f"hold {hold} should have {dict(confirmed.items)} and has {found.items}"


def a_confirmed_key_is_not_refused_later(facts: Facts) -> Sentences:
    for key, operations in facts.asked_for(Kind.HOLD):
        confirmed_at = min((one.returned_at for one in operations if one.is_done), default=math.inf)
        for one in operations:
            if one.result == Result.SOLD_OUT and one.invoked_at > confirmed_at:
                yield f"key {key} was confirmed, and refused when it was asked for again"


def holds_were_asked_for(facts: Facts) -> Sentences:
    """And not refused. A hold whose key was forgotten counts when somebody was told of it."""
    told = {one.hold for _key, operations in facts.asked_for(Kind.HOLD) for one in operations if one.is_done}
    for hold in facts.ledger.holds:
        if hold.id not in told and not facts.may_have(Kind.HOLD, hold.key):
            yield f"hold {hold.id} is there, and nobody asked for it who was not refused"


def holds_are_in_their_state(facts: Facts) -> Sentences:
    expired_at = {move.hold: move.at for move in facts.ledger.moves if move.kind == "expire"}
    for hold in facts.ledger.holds:
        released = [one for one in facts.asked.get((Kind.RELEASE, hold.id), ()) if one.is_done]
        if released and hold.state not in ("released", "expired"):
            yield f"the release of hold {hold.id} was confirmed and it is {hold.state}"
        if hold.state == "released" and not facts.may_have(Kind.RELEASE, hold.id):
            yield f"hold {hold.id} is released and nobody asked for that"
        if hold.state == "converted" and not facts.may_have(Kind.ORDER, hold.id):
            yield f"hold {hold.id} is converted and nobody ordered it"
        if hold.state == "expired" and expired_at.get(hold.id, math.inf) < hold.expires_at:
            yield f"hold {hold.id} expired before its end"


def confirmed_orders_are_there(facts: Facts) -> Sentences:
    for hold, operations in facts.asked_for(Kind.ORDER):
        for code, confirmed in {one.order: one for one in operations if one.is_done}.items():
            found = facts.orders.get(code)
            if found is None or found.hold != hold or hold not in facts.holds:
                yield f"order {code} of hold {hold} was confirmed and is not there"
            elif confirmed.tickets and {ticket.id for ticket in facts.tickets_of[code]} != set(confirmed.tickets):
                yield f"order {code} has other tickets than were confirmed"


def confirmed_seats_are_there(facts: Facts) -> Sentences:
    taken = {(taken.seat, taken.hold) for taken in facts.ledger.seats}
    for one in facts.operations:
        hold = facts.holds.get(one.hold)
        if one.kind != Kind.HOLD or not one.is_done or not one.seats or hold is None:
            continue
        tickets = [ticket for order in facts.orders_of.get(hold.id, ()) for ticket in facts.tickets_of[order.code]]
        if hold.state == "active" and any((seat, hold.id) not in taken for seat in one.seats):
            yield f"hold {hold.id} was told of the seats {one.seats} and has others"
        is_swapped = any(facts.may_have(Kind.SWAP, ticket.id) for ticket in tickets)
        sold = {ticket.seat for ticket in tickets if ticket.seat is not None}
        if hold.state == "converted" and not is_swapped and sold != set(one.seats):
            yield f"hold {hold.id} was told of the seats {one.seats} and its tickets have others"


def extensions_are_there(facts: Facts) -> Sentences:
    for hold, operations in facts.asked_for(Kind.EXTEND):
        if any(one.is_done for one in operations) and hold in facts.holds and not facts.holds[hold].is_extended:
            yield f"hold {hold} was extended and does not know of it"


def swaps_are_there(facts: Facts) -> Sentences:
    """A ticket is what the last swap made of it; of swaps that overlap, any may have been the last."""
    for ticket, operations in facts.asked_for(Kind.SWAP):
        confirmed = [one for one in operations if one.is_done]
        if not confirmed:
            continue
        latest = max(one.invoked_at for one in confirmed)
        last = [one for one in operations if one.may_have_happened and not (one.is_done and one.returned_at < latest)]
        found = facts.tickets.get(ticket)
        if found is None or not any(found.ticket_type in one.items for one in last):
            yield f"ticket {ticket} was swapped and is of ticket type {found and found.ticket_type}"


def cancellations_are_there(facts: Facts) -> Sentences:
    """All that were confirmed, and none that nobody asked for."""
    for ticket, operations in facts.asked_for(Kind.CANCEL):
        found = facts.tickets.get(ticket)
        if any(one.is_done for one in operations) and not (found and found.is_canceled):
            yield f"the cancellation of ticket {ticket} was confirmed and is not there"
    for found in facts.ledger.tickets:
        if found.is_canceled and not facts.may_have(Kind.CANCEL, found.id):
            yield f"ticket {found.id} is canceled and nobody asked for that"


def resizes_are_there(facts: Facts) -> Sentences:
    """As often as they were confirmed, and no more often than they were asked for since the recording began."""
    began_at = min((one.invoked_at for one in facts.operations), default=math.inf) - ROUNDING_S
    resized = Counter(
        (move.quota, move.capacity) for move in facts.ledger.moves if move.kind == "resize" and move.at >= began_at
    )
    asked = [one for one in facts.operations if one.kind == Kind.RESIZE and one.may_have_happened]
    confirmed = Counter((one.quota, one.capacity) for one in asked if one.is_done)
    possible = Counter((one.quota, one.capacity) for one in asked)
    for quota, capacity in resized.keys() | confirmed.keys():
        least, most = confirmed[quota, capacity], possible[quota, capacity]
        if not least <= (found := resized[quota, capacity]) <= most:
            yield f"quota {quota} was resized to {capacity} {found} times; {least} confirmed, {most} possible"


def refusals_are_right(facts: Facts) -> Sentences:
    for one in false_refusals(facts):
        yield f"{one.client} was refused {dict(one.items)} at {one.returned_at:.6f} while all of them were free"
