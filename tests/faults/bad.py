"""Good sales gone bad: each function changes history or books in one way that one rule, and no other, must find.

Each is named after the function of the checker that is to find it, with a word after it where there are several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.faults.history import Kind, Operation, Result
from tests.faults.ledger import Hold, Ledger, Move, Order, Quota, SeatTaken


@dataclass(frozen=True)
class Told:
    """What can be true or not: what clients were told, and what the books say."""

    history: Sequence[Operation]
    ledger: Ledger

    def one(self, kind: Kind, client: str) -> Operation:
        return next(one for one in self.history if one.kind == kind and one.client == client and one.is_done)

    def hold(self, client: str) -> Hold:
        wanted = self.one(Kind.HOLD, client).hold
        return next(hold for hold in self.ledger.holds if hold.id == wanted)

    def order(self, client: str) -> Order:
        wanted = self.one(Kind.ORDER, client).order
        return next(order for order in self.ledger.orders if order.code == wanted)

    def move(self, client: str, kind: str = "hold") -> Move:
        wanted = self.one(Kind.HOLD, client).hold
        return next(move for move in self.ledger.moves if move.hold == wanted and move.kind == kind)

    def refused(self, **facts: Any) -> Told:
        """One more who was told that all was sold out."""
        one = Operation("Mallory", Kind.HOLD, result=Result.SOLD_OUT, **facts)
        return replace(self, history=[*self.history, one])

    def without(self, kind: Kind, client: str) -> Told:
        return replace(self, history=[one for one in self.history if (one.kind, one.client) != (kind, client)])

    def retold(self, kind: Kind, client: str, **facts: Any) -> Told:
        it = self.one(kind, client)
        return replace(self, history=[replace(one, **facts) if one is it else one for one in self.history])

    def books(self, **rows: Any) -> Told:
        return replace(self, ledger=replace(self.ledger, **rows))

    def changed(self, name: str, row: Any, **facts: Any) -> Told:
        rows = getattr(self.ledger, name)
        return self.books(**{name: [replace(one, **facts) if one is row else one for one in rows]})

    def moved(self, moves: Iterable[Move]) -> Told:
        """These moves instead, numbered anew, and the quotas as they leave them."""
        counted: Counter[int] = Counter()
        taken: Counter[int] = Counter()
        numbered = []
        for move in moves:
            counted[move.quota] += 1
            taken[move.quota] += move.quantity
            numbered.append(replace(move, seq=counted[move.quota]))
        quotas = [replace(one, taken=taken[one.id], seq=counted[one.id]) for one in self.ledger.quotas]
        return self.books(moves=numbered, quotas=quotas)

    def without_moves(self, is_gone: Callable[[Move], bool]) -> Told:
        return self.moved(move for move in self.in_order() if not is_gone(move))

    def in_order(self) -> list[Move]:
        return sorted(self.ledger.moves, key=lambda move: (move.quota, move.seq))


def numbered_without_gap(good: Told) -> Told:
    return good.changed("moves", good.move("last"), seq=good.move("last").seq + 1)


def numbered_without_gap__repeat(good: Told) -> Told:
    return good.changed("moves", good.move("last"), seq=good.move("last").seq - 1)


def within_capacity(good: Told) -> Told:
    """Numbered seats again, since no client changed how many there are."""
    quota = next(quota for quota in good.ledger.quotas if quota.id == good.move("seated").quota)
    taken = most = 0
    for move in good.in_order():
        if move.quota == quota.id:
            taken += move.quantity
            most = max(most, taken)
    moves = [replace(move, capacity=most - 1) if move.quota == quota.id else move for move in good.ledger.moves]
    return good.books(moves=moves).changed("quotas", quota, capacity=most - 1)


def within_capacity__below_nothing(good: Told) -> Told:
    """In the end more is returned than was taken, and taken again."""
    last, total = good.move("last"), good.move("last").capacity + 1
    less = replace(last, kind="swap", quantity=-total)
    return good.moved([*good.in_order(), less, replace(less, quantity=total)])


def capacity_changes_by_resize_alone(good: Told) -> Told:
    return good.changed("quotas", _quota(good, good.move("last")), capacity=101)


def capacity_changes_by_resize_alone__by_a_hold(good: Told) -> Told:
    bad = good.changed("moves", good.move("last"), capacity=101)
    return bad.changed("quotas", _quota(bad, bad.move("last")), capacity=101)


def taken_before_returned(good: Told) -> Told:
    """The expiry, which no client asked for, stands where its hold stands, and the hold after it."""
    taken, given = good.move("expired"), good.move("expired", "expire")
    seqs = {id(taken): given.seq, id(given): taken.seq}
    return good.books(moves=[replace(move, seq=seqs.get(id(move), move.seq)) for move in good.ledger.moves])


def in_real_time_order(good: Told) -> Told:
    first, second = good.move("released"), good.move("expired")
    seqs = {id(first): second.seq, id(second): first.seq}
    return good.books(moves=[replace(move, seq=seqs.get(id(move), move.seq)) for move in good.ledger.moves])


def stamped_while_asked(good: Told) -> Told:
    return good.changed("moves", good.move("last"), at=good.one(Kind.HOLD, "last").returned_at + 0.1)


def stamped_while_asked__before(good: Told) -> Told:
    return good.changed("moves", good.move("released"), at=good.one(Kind.HOLD, "released").invoked_at - 0.1)


def confirmed_holds_are_there(good: Told) -> Told:
    """As after a failover that lost it."""
    lost = good.hold("last")
    return good.without_moves(lambda move: move.hold == lost.id).books(
        holds=[h for h in good.ledger.holds if h != lost]
    )


def confirmed_holds_are_there__under_another_key(good: Told) -> Told:
    one = good.one(Kind.HOLD, "last")
    other = replace(one, hold="", result=Result.UNKNOWN)
    told = good.changed("holds", good.hold("last"), key="other")
    return replace(told, history=[*told.history, replace(other, key="other")])


def confirmed_holds_are_there__with_less(good: Told) -> Told:
    return good.retold(Kind.HOLD, "last", items=dict.fromkeys(good.hold("last").items, 2))


def a_confirmed_key_is_not_refused_later(good: Told) -> Told:
    """The second time it wants more than there ever was, so that it would be right to refuse that."""
    one = good.one(Kind.HOLD, "last")
    later = {"invoked_at": one.returned_at + 1, "returned_at": one.returned_at + 2}
    return good.refused(key=one.key, items=dict.fromkeys(one.items, 1000), **later)


def holds_were_asked_for(good: Told) -> Told:
    return good.without(Kind.HOLD, "last")


def holds_were_asked_for__and_not_refused(good: Told) -> Told:
    return good.retold(Kind.HOLD, "last", result=Result.REFUSED, hold="")


def holds_are_in_their_state(good: Told) -> Told:
    """The release was confirmed, and then forgotten."""
    hold = good.hold("released")
    return good.without_moves(lambda move: (move.hold, move.kind) == (hold.id, "release")).changed(
        "holds", hold, state="active"
    )


def holds_are_in_their_state__released(good: Told) -> Told:
    return good.without(Kind.RELEASE, "released")


def holds_are_in_their_state__converted(good: Told) -> Told:
    return good.without(Kind.ORDER, "seated")


def holds_are_in_their_state__expired(good: Told) -> Told:
    return good.changed("holds", good.hold("expired"), expires_at=good.hold("expired").expires_at + 1)


def confirmed_orders_are_there(good: Told) -> Told:
    """Its hold stands again, as before."""
    lost, hold = good.order("seated"), good.hold("seated")
    return good.books(
        orders=[order for order in good.ledger.orders if order != lost],
        tickets=[ticket for ticket in good.ledger.tickets if ticket.order != lost.code],
    ).changed("holds", hold, state="active")


def confirmed_orders_are_there__with_its_tickets(good: Told) -> Told:
    return good.retold(Kind.ORDER, "seated", tickets=("one", "two"))


def confirmed_seats_are_there(good: Told) -> Told:
    return good.retold(Kind.HOLD, "standing", seats=(-1, -2))


def confirmed_seats_are_there__on_the_tickets(good: Told) -> Told:
    return good.retold(Kind.HOLD, "seated", seats=(-1, -2))


def extensions_are_there(good: Told) -> Told:
    return good.changed("holds", good.hold("extended"), is_extended=False)


def swaps_are_there(good: Told) -> Told:
    swap = good.one(Kind.SWAP, "ordered")
    (held,) = good.hold("ordered").items
    ticket = next(ticket for ticket in good.ledger.tickets if ticket.id in swap.tickets)
    return good.without_moves(lambda move: (move.kind, move.ticket) == ("swap", ticket.id)).changed(
        "tickets", ticket, ticket_type=held
    )


def cancellations_are_there(good: Told) -> Told:
    ticket = next(t for t in good.ledger.tickets if t.id in good.one(Kind.CANCEL, "ordered").tickets)
    return good.without_moves(lambda move: (move.kind, move.ticket) == ("return", ticket.id)).changed(
        "tickets", ticket, is_canceled=False
    )


def cancellations_are_there__and_no_others(good: Told) -> Told:
    return good.without(Kind.CANCEL, "ordered")


def resizes_are_there(good: Told) -> Told:
    """Of two to the same capacity, one is gone."""
    lost = [move for move in good.in_order() if move.kind == "resize" and move.quota == good.move("last").quota][-1]
    return good.without_moves(lambda move: move is lost)


def resizes_are_there__and_no_others(good: Told) -> Told:
    again = replace(good.move("last"), kind="resize", quantity=0, hold="", ticket_type=0)
    return good.moved([*good.in_order(), again])


def one_hold_a_key(good: Told) -> Told:
    """The key was taken twice, the second time by a hold that expired."""
    move, given = good.move("expired"), good.move("expired", "expire")
    twin = replace(good.hold("expired"), id="twin")
    moves = []
    for one in good.in_order():
        moves.append(one)
        if one is move or one is given:
            moves.append(replace(one, hold="twin"))
    return good.moved(moves).books(holds=[*good.ledger.holds, twin])


def one_hold_a_key__told(good: Told) -> Told:
    """And each time its client was told of the other."""
    bad = one_hold_a_key(good)
    one = bad.one(Kind.HOLD, "expired")
    history = [*bad.history, replace(one, hold="twin")]
    return replace(bad, history=history)


def each_move_once(good: Told) -> Told:
    """Taken twice and given back twice, so that the sum is right."""
    twice = [good.move("expired"), good.move("expired", "expire")]
    return good.moved(move for one in good.in_order() for move in [one] * (1 + (one in twice)))


def each_move_once__as_held(good: Told) -> Told:
    """It took more than it has, and gave that back."""
    more = {id(good.move("expired")): 3, id(good.move("expired", "expire")): -3}
    return good.moved(replace(move, quantity=more.get(id(move), move.quantity)) for move in good.in_order())


def one_order_a_hold(good: Told) -> Told:
    return good.books(orders=[*good.ledger.orders, replace(good.order("seated"), code="TWICE")])


def one_order_a_hold__told(good: Told) -> Told:
    bad = one_order_a_hold(good)
    one = bad.one(Kind.ORDER, "seated")
    return replace(bad, history=[*bad.history, replace(one, order="TWICE", tickets=())])


def as_many_tickets_as_were_held(good: Told) -> Told:
    """The canceled one is gone altogether, and nobody was told of its number."""
    gone = good.one(Kind.CANCEL, "ordered").tickets[0]
    bad = good.without(Kind.CANCEL, "ordered").retold(Kind.ORDER, "ordered", tickets=())
    return bad.books(tickets=[ticket for ticket in good.ledger.tickets if ticket.id != gone])


def a_seat_has_one_holder(good: Told) -> Told:
    """A seat that stands twice, as if its row had no key."""
    seat = good.one(Kind.HOLD, "standing").seats[0]
    return good.books(seats=[SeatTaken(seat, good.hold("last").id), *good.ledger.seats])


def a_seat_has_one_holder__on_two_tickets(good: Told) -> Told:
    first, second = [ticket for ticket in good.ledger.tickets if ticket.order == good.order("seated").code]
    assert first.seat is not None
    bad = good.changed("tickets", second, seat=first.seat).retold(Kind.HOLD, "seated", seats=(first.seat,))
    return bad.books(seats=[taken for taken in good.ledger.seats if taken.seat != second.seat])


def refusals_are_right(good: Told) -> Told:
    """After the last hold nothing happened for long, and there were many places left."""
    last = good.one(Kind.HOLD, "last")
    later = {"invoked_at": last.returned_at + 1.1, "returned_at": last.returned_at + 1.2}
    return good.refused(key="hopeful", items=last.items, **later)


def refusals_are_right__before_anyone_came(good: Told) -> Told:
    """Of the numbered seats, none of which were resized by anyone."""
    first = min(one.invoked_at for one in good.history)
    items = good.one(Kind.HOLD, "seated").items
    return good.refused(key="hopeful", items=items, invoked_at=first - 2, returned_at=first - 1.5)


def taken_is_what_stands(good: Told) -> Told:
    """A canceled ticket's place was never returned."""
    ticket = good.one(Kind.CANCEL, "ordered").tickets[0]
    return good.without_moves(lambda move: (move.kind, move.ticket) == ("return", ticket))


def taken_is_what_stands__expired(good: Told) -> Told:
    return good.without_moves(lambda move: move is good.move("expired", "expire"))


def seats_taken_are_what_stands(good: Told) -> Told:
    """The seat of a hold that ended is still taken."""
    return good.books(seats=[*good.ledger.seats, SeatTaken(0, good.hold("expired").id)])


def seats_taken_are_what_stands__sold(good: Told) -> Told:
    seat = good.one(Kind.HOLD, "seated").seats[0]
    return good.books(seats=[taken for taken in good.ledger.seats if taken.seat != seat])


def taken_is_the_sum_of_moves(good: Told) -> Told:
    quota = _quota(good, good.move("last"))
    return good.changed("quotas", quota, taken=quota.taken + 1)


def _quota(good: Told, move: Move) -> Quota:
    return next(quota for quota in good.ledger.quotas if quota.id == move.quota)
