"""Buyers who hold by the stock service's lanes, and now and then singly, as web does when no stock process is up."""

from __future__ import annotations

import time
from uuid import UUID

from fairgate.services.stock.lane import Lanes
from fairgate.services.stock.single import Single
from fairgate.services.stock.store import Store
from fairgate.stock import engine
from fairgate.stock.engine import HoldRequest, Item, Outcome
from tests.faults.history import Asked, Kind
from tests.faults.insider import Insider

CHOSEN, SINGLY, RELEASED, EXTENDED = 0.15, 0.01, 0.01, 0.02
PAUSE_S = 0.01


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
        time.sleep(PAUSE_S * chance.uniform(0, 2))

    def _hold(self, items: tuple[Item, ...]) -> str:
        key = UUID(int=self._chance.getrandbits(128))
        wanted = {item.ticket_type: item.quantity for item in items}
        chosen = tuple(seat for item in items for seat in item.seats)
        got: list[str] = []

        def ask(asked: Asked) -> None:
            seller = self._single if self._chance.random() < SINGLY else self._chance.choice(self._lanes)
            answer = seller.hold(HoldRequest(self._offer.event, items, key, engine.digest(repr(items))))
            if answer.is_held:
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
