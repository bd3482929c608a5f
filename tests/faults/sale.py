"""A small sale in this process: lanes and actions on the suite's database, everything asked for recorded.

The hall has fewer places than are wanted, so that there are refusals. A standard ticket takes a place of the balcony as
well, of which there are fewer still; the stalls are numbered.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg_pool import ConnectionPool

from fairgate.events.models import TicketType
from fairgate.lib.ids import uuid7
from fairgate.orders.actions import cancel_tickets
from fairgate.orders.changes import swap_ticket
from fairgate.orders.errors import NothingToChange, OrderError
from fairgate.orders.models import Order, Ticket
from fairgate.orders.place import Buyer, place_order
from fairgate.payments.models import Method
from fairgate.services.stock.lane import Lanes
from fairgate.stock import engine
from fairgate.stock.engine import HoldRequest, Item, Outcome
from fairgate.stock.errors import SoldOut
from fairgate.stock.models import Draw, Quota
from fairgate.testing.cast import make_concert, make_organizer, make_stalls
from tests.faults.history import Kind, Recorder


@dataclass(frozen=True)
class Offer:
    event: int
    # Free of charge, all of them, with the quotas that each draws on.
    ticket_types: tuple[int, ...]
    hall: int
    balcony: int


class Sale:
    def __init__(self, offer: Offer, pool: ConnectionPool[psycopg.Connection[Any]], recorder: Recorder) -> None:
        self._offer, self._pool, self._recorder = offer, pool, recorder
        self._kept: list[list[str]] = []
        # As two stock processes would.
        self._lanes = [Lanes(pool.connection) for _ in range(2)]

    def run(self, buyers: int, rounds: int) -> None:
        with ThreadPoolExecutor(buyers + 1) as threads:
            going = [threads.submit(self._buy, number, rounds) for number in range(buyers)]
            going.append(threads.submit(self._resize, rounds))
            for one in going:
                one.result()

    def _buy(self, number: int, rounds: int) -> None:
        chance, client = random.Random(number), f"buyer {number}"
        try:
            for _round in range(rounds):
                self._purchase(chance, client)
        finally:
            connection.close()

    def _purchase(self, chance: random.Random, client: str) -> None:
        chosen = chance.sample(self._offer.ticket_types, chance.choice((1, 1, 2)))
        wanted = {ticket_type: chance.choice((1, 1, 2, 3)) for ticket_type in chosen}
        hold = self.hold(client, wanted, is_lost=chance.random() < 0.1, lane=chance.randrange(2))
        match hold and chance.choice(("release", "release", "order", "order", "extend")):
            case "extend":
                self.extend(client, hold)
            case "release":
                self.release(client, hold)
            case "order":
                tickets = self.order(client, hold, sum(wanted.values()), is_lost=chance.random() < 0.1)
                chance.shuffle(tickets)
                if tickets and chance.random() < 0.5:
                    self.swap(client, tickets[0], chance.choice(self._offer.ticket_types))
                if tickets and chance.random() < 0.6:
                    self.cancel(client, [tickets.pop() for _ in range(chance.randint(1, len(tickets)))])
                self._kept.append(tickets)

    def hold(self, client: str, wanted: dict[int, int], *, is_lost: bool = False, lane: int = 0) -> str:
        """The hold, or nothing. Who lost an answer asks again under the same key."""
        key = engine.digest(str(uuid7()))
        if is_lost:
            self._ask(client, wanted, key, lane, is_lost=True)
        return self._ask(client, wanted, key, 1 - lane)

    def _ask(self, client: str, wanted: dict[int, int], key: UUID, lane: int, *, is_lost: bool = False) -> str:
        items = tuple(Item(*item) for item in wanted.items())
        with self._recorder.asking(client, Kind.HOLD, key=str(key), items=wanted) as asked:
            answer = self._lanes[lane].hold(HoldRequest(self._offer.event, items, key, engine.digest(repr(items))))
            if is_lost:
                asked.unknown("lost")
            elif answer.is_held:
                seats = tuple(seat for item in answer.items for seat in item.seats or ())
                asked.done(hold=str(answer.hold), seats=seats)
                return str(answer.hold)
            elif answer.outcome == Outcome.SOLD_OUT:
                asked.sold_out()
            else:
                asked.refused(answer.outcome)
        return ""

    def release(self, client: str, hold: str) -> None:
        with self._recorder.asking(client, Kind.RELEASE, hold=hold) as asked, self._pool.connection() as conn:
            engine.release_hold(conn, UUID(hold))
            asked.done()

    def extend(self, client: str, hold: str) -> None:
        with self._recorder.asking(client, Kind.EXTEND, hold=hold) as asked, self._pool.connection() as conn:
            if engine.extend_hold(conn, UUID(hold)):
                asked.done()
            else:
                asked.refused("not active any more")

    def order(self, client: str, hold: str, tickets: int, *, is_lost: bool = False) -> list[str]:
        """The ids of the tickets. Who lost the answer asks again under the same key."""
        key, buyer = str(uuid7()), Buyer("ben@example.org", "Ben Buyer", [""] * tickets)
        for lost in [True] * is_lost + [False]:
            with self._recorder.asking(client, Kind.ORDER, hold=hold, key=key) as asked:
                try:
                    order = Order.objects.get(code=place_order(UUID(hold), key=key, buyer=buyer, method=Method.FREE))
                except OrderError as error:
                    asked.refused(type(error).__name__)
                    return []
                ids = [str(ticket.pk) for ticket in order.tickets.all()]
                if lost:
                    asked.unknown("lost")
                else:
                    asked.done(order=order.code, tickets=tuple(ids))
        return ids

    def cancel(self, client: str, tickets: list[str]) -> None:
        with self._recorder.asking(client, Kind.CANCEL, tickets=tuple(tickets)) as asked:
            order = Order.objects.get(tickets=UUID(tickets[0]))
            cancel_tickets(order, list(order.tickets.filter(pk__in=tickets)), by=None, reason="")
            asked.done(order=order.code)

    def swap(self, client: str, ticket: str, ticket_type: int) -> None:
        with self._recorder.asking(client, Kind.SWAP, tickets=(ticket,), items={ticket_type: 1}) as asked:
            its = Ticket.objects.select_related("order").get(pk=ticket)
            target = TicketType.objects.get(pk=ticket_type)
            try:
                swap_ticket(its.order, its, ticket_type=target, seat=None, by=None)
            except SoldOut:
                asked.sold_out()
            except NothingToChange:
                asked.refused("it is one")
            else:
                asked.done(order=its.order.code)

    def expire_all(self) -> None:
        """What was left standing comes to its end, and the sweeper passes by."""
        with self._pool.connection() as conn:
            conn.execute("UPDATE stock_hold SET expires_at = clock_timestamp() WHERE state = 'active'")
            conn.execute("SELECT stock_expire_holds(100000)")

    def afterwards(self) -> None:
        """When the crowd has gone and all but a few regret: each thing once, by a client of its own."""
        standard, free, stalls = self._offer.ticket_types
        for tickets in filter(None, self._kept[3:]):
            self.cancel("regretful", tickets)
        for quota in (self._offer.hall, self._offer.hall, self._offer.balcony):
            self.resize(quota, 100)
        first, second = self.order("ordered", self.hold("ordered", {standard: 2}), 2)
        self.cancel("ordered", [first])
        self.swap("ordered", second, free)
        self.release("released", self.hold("released", {free: 2}))
        self.hold("expired", {free: 1})
        self.extend("extended", self.hold("extended", {free: 1}))
        self.order("seated", self.hold("seated", {stalls: 2}), 2)
        self.expire_all()
        self.hold("standing", {stalls: 2})
        self.hold("last", {free: 1})

    def _resize(self, rounds: int) -> None:
        chance = random.Random("resize")
        for _round in range(rounds):
            self.resize(self._offer.hall, chance.randint(6, 20))

    def resize(self, quota: int, capacity: int) -> None:
        with self._recorder.asking("Olga", Kind.RESIZE, quota=quota, capacity=capacity) as asked:
            with self._pool.connection() as conn:
                (taken,) = conn.execute("SELECT stock_resize_quota(%s, %s)", (quota, capacity)).fetchone()  # type: ignore[misc]
            if taken is None:
                asked.done()
            else:
                asked.refused(f"{taken} are taken")


def make_offer(slug: str) -> Offer:
    concert = make_concert(make_organizer(slug), capacity=12)
    stalls = make_stalls(concert)
    balcony = Quota.objects.create(event=concert.event, session=concert.session, name="Balcony", capacity=6)
    Draw.objects.create(ticket_type=concert.standard, quota=balcony)
    TicketType.objects.update(price=0)
    types = (concert.standard.pk, concert.free.pk, stalls.pk)
    return Offer(concert.event.pk, types, concert.quota.pk, balcony.pk)


@contextmanager
def a_pool(url: str, size: int) -> Iterator[ConnectionPool[psycopg.Connection[Any]]]:
    with ConnectionPool(url, min_size=1, max_size=size, kwargs={"autocommit": True}, open=True) as pool:
        yield pool
