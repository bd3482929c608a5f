"""Those who sell without the door: `python -m tests.faults.insiders open NAME`, then `… sell ERRAND` until told to end.

Buyers hold by lanes in this process, which are the stock service's own, and now and then singly as web does when no
stock process is up; some choose their seats. Olga resizes, cancels and swaps; Time lets holds expire. When it is over,
all that was sold is canceled, so that in the end everything has to be free.
"""

from __future__ import annotations

import json
import logging
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import django
import psycopg

django.setup()

from django.db import DatabaseError, InterfaceError, connection, transaction  # noqa: E402

from fairgate.orders.actions import cancel_tickets  # noqa: E402
from fairgate.orders.errors import AlreadyCanceled, NothingToCancel  # noqa: E402
from fairgate.orders.models import Order, Ticket  # noqa: E402
from fairgate.services.stock.lane import Busy, Lanes  # noqa: E402
from fairgate.services.stock.single import Single  # noqa: E402
from fairgate.services.stock.store import Store  # noqa: E402
from fairgate.stock import engine  # noqa: E402
from fairgate.stock.actions import Place, resize_quota, swap_place  # noqa: E402
from fairgate.stock.engine import HoldRequest, Item, Outcome  # noqa: E402
from fairgate.stock.errors import CapacityTooLow, SoldOut  # noqa: E402
from fairgate.stock.models import Quota  # noqa: E402
from tests.faults.errand import Crowd, Errand, persist, read_errand, recorder_of, wait_for_the_end  # noqa: E402
from tests.faults.gauge import Gauge  # noqa: E402
from tests.faults.history import Asked, Kind, Recorder  # noqa: E402
from tests.faults.offering import make_offer  # noqa: E402

LOST = (psycopg.Error, DatabaseError, InterfaceError, Busy)
HALL, BALCONY = range(500, 2000), range(200, 800)
CHOSEN, SINGLY, RELEASED, EXTENDED = 0.15, 0.01, 0.01, 0.02
BUYER_PAUSE_S, OLGA_PAUSE_S, TIME_PAUSE_S = 0.01, 0.25, 0.2
OLGAS = 2
# As so many stock processes would.
LANES = 2
# How old a hold becomes before Time has it expire.
AGE_S = 0.4
EXPIRE = """
UPDATE stock_hold SET expires_at = clock_timestamp() WHERE id IN (
    SELECT id FROM stock_hold
     WHERE event_id = %s AND state = 'active' AND created_at < clock_timestamp() - %s * interval '1 second'
       AND expires_at > clock_timestamp()
     ORDER BY id FOR UPDATE SKIP LOCKED)
"""
REMAINING = "SELECT count(*) FROM stock_hold WHERE event_id = %s AND state = 'active'"
CANCELERS = 4
RETURNED_S = 30.0


class Insider:
    def __init__(self, errand: Errand, name: str, number: int, recorder: Recorder, gauge: Gauge) -> None:
        self._name, self._number, self._offer = name, number, errand.offer
        self._recorder, self._gauge = recorder, gauge
        self._chance = random.Random(f"{errand.seed} {name}")
        self.operations = self.done = 0

    def _persist(self, record: Callable[[], object], ask: Callable[[Asked], None]) -> None:
        def once() -> bool:
            with record() as asked:  # type: ignore[attr-defined]
                self.operations += 1
                self._gauge.clients[self._number] = 1
                try:
                    ask(asked)
                except LOST as error:
                    asked.unknown(type(error).__name__)
                    with suppress(*LOST):
                        connection.close()
                    return False
                finally:
                    self._gauge.clients[self._number] = 0
                self.done += asked.operation().is_done
            return True

        persist(once, self._chance)


class Buyer(Insider):
    def __init__(self, *facts: object, lanes: list[Lanes], store: Store) -> None:
        super().__init__(*facts)  # type: ignore[arg-type]
        self._lanes, self._store = lanes, store
        self._single = Single(store.connect)

    def act(self) -> None:
        chance, offer = self._chance, self._offer
        if chance.random() < CHOSEN:
            seats = tuple(chance.sample(offer.seats, chance.choice((1, 2))))
            items: tuple[Item, ...] = (Item(offer.stalls, len(seats), seats),)
        else:
            chosen = chance.sample((offer.standard, offer.standing, offer.stalls), chance.choice((1, 1, 1, 2)))
            items = tuple(Item(ticket_type, chance.choice((1, 1, 2, 3, 4))) for ticket_type in chosen)
        hold, then = self._hold(items), chance.random()
        if hold and then < RELEASED:
            self._release(hold)
        elif hold and then < RELEASED + EXTENDED:
            self._extend(hold)
        time.sleep(BUYER_PAUSE_S * chance.uniform(0, 2))

    def _hold(self, items: tuple[Item, ...]) -> str:
        key = UUID(int=self._chance.getrandbits(128))
        wanted = {item.ticket_type: item.quantity for item in items}
        chosen = tuple(seat for item in items for seat in item.seats)
        got: list[str] = []

        def ask(asked: Asked) -> None:
            seller = self._single if self._chance.random() < SINGLY else self._chance.choice(self._lanes)
            answer = seller.hold(HoldRequest(self._offer.event, items, key, engine.digest(repr(items))))
            if answer.outcome in (Outcome.HELD, Outcome.REPEAT):
                got.append(str(answer.hold))
                seats = tuple(seat for item in answer.items for seat in item.seats or ())
                asked.done(hold=got[0], seats=seats)
            elif answer.outcome == Outcome.SOLD_OUT:
                asked.sold_out()
            else:
                asked.refused(answer.outcome)

        facts = {"key": str(key), "items": wanted, "seats": chosen}
        self._persist(lambda: self._recorder.asking(self._name, Kind.HOLD, **facts), ask)
        return got[0] if got else ""

    def _release(self, hold: str) -> None:
        def ask(asked: Asked) -> None:
            with self._store.connect() as conn:
                engine.release_hold(conn, UUID(hold))
            asked.done()

        self._persist(lambda: self._recorder.asking(self._name, Kind.RELEASE, hold=hold), ask)

    def _extend(self, hold: str) -> None:
        def ask(asked: Asked) -> None:
            with self._store.connect() as conn:
                is_extended = engine.extend_hold(conn, UUID(hold))
            if is_extended:
                asked.done()
            else:
                asked.refused("no more time")

        self._persist(lambda: self._recorder.asking(self._name, Kind.EXTEND, hold=hold), ask)


class Olga(Insider):
    def act(self) -> None:
        self._chance.choice((self._resize, self._cancel, self._swap))()
        time.sleep(OLGA_PAUSE_S)

    def _resize(self) -> None:
        quota, sizes = self._chance.choice(((self._offer.hall, HALL), (self._offer.balcony, BALCONY)))
        capacity = self._chance.choice(sizes)

        def ask(asked: Asked) -> None:
            try:
                resize_quota(Quota.objects.get(pk=quota), capacity=capacity, by=None)
            except CapacityTooLow:
                asked.refused("capacity-too-low")
            else:
                asked.done()

        self._persist(lambda: self._recorder.asking(self._name, Kind.RESIZE, quota=quota, capacity=capacity), ask)

    def _cancel(self) -> None:
        """Some tickets of one order."""
        if ticket := self._any_ticket():
            tickets = self._good(ticket.order_id)
            self.cancel(ticket.order_id, tickets[: self._chance.randint(1, max(len(tickets), 1))])

    def cancel(self, order: int, tickets: list[Ticket]) -> None:
        ids = tuple(str(ticket.pk) for ticket in tickets)

        def ask(asked: Asked) -> None:
            found = Order.objects.get(pk=order)
            try:
                cancel_tickets(found, tickets, by=None, reason="")
            except (AlreadyCanceled, NothingToCancel) as error:
                asked.refused(type(error).__name__)
            else:
                asked.done(order=found.code)

        if ids:
            self._persist(lambda: self._recorder.asking(self._name, Kind.CANCEL, tickets=ids), ask)

    def _swap(self) -> None:
        """Into a ticket type without numbered seats, which is not the one that it has."""
        ticket = self._any_ticket()
        if ticket is None or ticket.seat_id is not None:
            return
        ticket_type = self._offer.standing if ticket.ticket_type_id == self._offer.standard else self._offer.standard

        @transaction.atomic
        def ask(asked: Asked) -> None:
            order = Order.objects.select_for_update().get(pk=ticket.order_id)
            found = order.tickets.filter(pk=ticket.pk, cancellation__isnull=True).first()
            if found is None or found.ticket_type_id == ticket_type:
                asked.refused("no such ticket any more")
                return
            try:
                swap_place(
                    order.hold_id, Place(found.pk, found.ticket_type_id, None), ticket_type=ticket_type, seat=None
                )
            except SoldOut:
                asked.sold_out()
                return
            found.ticket_type_id = ticket_type
            found.save(update_fields=["ticket_type"])

        def ask_and_know(asked: Asked) -> None:
            ask(asked)
            # Only now it is committed; who was refused keeps the first answer.
            asked.done()

        facts = {"tickets": (str(ticket.pk),), "items": {ticket_type: 1}}
        self._persist(lambda: self._recorder.asking(self._name, Kind.SWAP, **facts), ask_and_know)

    def _any_ticket(self) -> Ticket | None:
        """One of the latest that are good."""
        found: list[Ticket] = []
        with suppress(*LOST):
            good = Ticket.objects.filter(event_id=self._offer.event, cancellation__isnull=True)
            found = list(good.order_by("-pk")[:20])
        return self._chance.choice(found) if found else None

    def _good(self, order: int) -> list[Ticket]:
        with suppress(*LOST):
            return list(Ticket.objects.filter(order=order, cancellation__isnull=True))
        return []


def expire(store: Store, event: int, age_s: float) -> None:
    with suppress(*LOST), store.connect() as conn:
        conn.execute(EXPIRE, (event, age_s))


def let_time_pass(store: Store, event: int, is_over: threading.Event) -> None:
    while not is_over.wait(TIME_PAUSE_S):
        expire(store, event, AGE_S)


def close(errand: Errand, store: Store, recorder: Recorder, gauge: Gauge) -> None:
    """Cancel what was sold, let expire what is held, and wait until the sweeper has given it all back."""
    good = Ticket.objects.filter(event_id=errand.offer.event, cancellation__isnull=True)
    by_order: dict[int, list[Ticket]] = {}
    for ticket in good:
        by_order.setdefault(ticket.order_id, []).append(ticket)
    last = Olga(errand, "Olga at last", 0, recorder, gauge)
    with ThreadPoolExecutor(CANCELERS) as hands:
        list(hands.map(last.cancel, by_order.keys(), by_order.values()))
    deadline = time.monotonic() + RETURNED_S
    while _remaining(store, errand.offer.event) and time.monotonic() < deadline:
        expire(store, errand.offer.event, 0)
        time.sleep(0.2)


def _remaining(store: Store, event: int) -> int:
    with store.connect() as conn:
        return int(conn.execute(REMAINING, (event,)).fetchone()[0])  # type: ignore[index]


def sell(errand: Errand) -> None:
    # Of a database that is away by intent.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    store = Store(os.environ["FAIRGATE_DATABASE_URL"], 16)
    gauge = Gauge(Path(errand.gauge))
    lanes = [Lanes(store.connect) for _ in range(LANES)]
    is_over = threading.Event()
    with recorder_of(errand) as recorder:
        buyers = [
            Buyer(errand, f"insider {n}", n, recorder, gauge, lanes=lanes, store=store) for n in range(errand.clients)
        ]
        olgas = [Olga(errand, f"Olga {n}", errand.clients + n, recorder, gauge) for n in range(OLGAS)]
        crowd = Crowd([*buyers, *olgas], gauge)
        timekeeper = threading.Thread(target=let_time_pass, args=(store, errand.offer.event, is_over))
        timekeeper.start()
        crowd.start()
        wait_for_the_end()
        crowd.stop()
        is_over.set()
        timekeeper.join()
        # The visitors, who may still order, have ended too.
        wait_for_the_end()
        close(errand, store, recorder, gauge)
        gauge.publish(len(recorder.operations), gauge.done)
    store.close()


def main(command: str, argument: str) -> None:
    if command == "open":
        print(json.dumps(asdict(make_offer(argument))))
    else:
        sell(read_errand(argument))


if __name__ == "__main__":
    main(*sys.argv[1:])
