"""Visitors of the shop, by HTTP through the door: `python -m tests.faults.visitors ERRAND`, until stdin has a line.

Each holds some places and then orders them, gives them back, or lets them expire. Whoever gets no answer asks again
under the same key.
"""

from __future__ import annotations

import json
import random
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

from tests.faults.errand import Crowd, Errand, persist, read_errand, recorder_of, wait_for_the_end
from tests.faults.gauge import By, Gauge
from tests.faults.history import Asked, Kind, Recorder, hold_key, order_key
from tests.faults.wire import Lost, Wire

# Longer than most faults, shorter than some.
TIMEOUT_S = 8.0
# Timed out or too often: the door's own words for "ask again".
NOT_HEARD = (408, 429)
RELEASED, ORDERED = 0.02, 0.02
JSON = "Content-Type: application/json\r\n"

Reply = tuple[int, bytes]


class Visitor:
    def __init__(self, errand: Errand, number: int, recorder: Recorder, gauge: Gauge) -> None:
        self._name = f"visitor {number}"
        self._offer, self._number, self._gauge, self._recorder = errand.offer, number, gauge, recorder
        self._chance = random.Random(f"{errand.seed} {self._name}")
        self._wire = Wire(errand.port, TIMEOUT_S)
        self.operations = self.done = 0

    def act(self) -> None:
        chance, offer = self._chance, self._offer
        chosen = chance.sample((offer.standard, offer.standing, offer.stalls), chance.choice((1, 1, 1, 2)))
        held = self._hold({ticket_type: chance.choice((1, 1, 2, 3, 4)) for ticket_type in chosen})
        then = chance.random()
        if held and then < RELEASED:
            self._release(*held)
        elif held and then < RELEASED + ORDERED:
            self._order(*held)

    def _hold(self, wanted: dict[int, int]) -> tuple[str, str] | None:
        """The hold and its secret."""
        key = str(uuid.UUID(int=self._chance.getrandbits(128)))
        body = {"items": [{"ticket_type": one, "quantity": quantity} for one, quantity in wanted.items()]}
        headers, sent = f"{JSON}Idempotency-Key: {key}\r\n", json.dumps(body).encode()
        got: list[tuple[str, str]] = []

        def understand(asked: Asked, answer: bytes) -> None:
            hold = json.loads(answer)
            asked.done(hold=hold["hold"])
            got.append((hold["hold"], hold["secret"]))

        self._persist(
            lambda: self._recorder.asking(self._name, Kind.HOLD, key=hold_key(key), items=wanted),
            lambda: self._wire.ask("POST", self._offer.address, headers, sent),
            understand,
        )
        return got[0] if got else None

    def _release(self, hold: str, secret: str) -> None:
        self._persist(
            lambda: self._recorder.asking(self._name, Kind.RELEASE, hold=hold),
            lambda: self._wire.ask("DELETE", f"/api/v1/shop/holds/{hold}", f"Fairgate-Secret: {secret}\r\n"),
            lambda asked, _answer: asked.done(),
        )

    def _order(self, hold: str, secret: str) -> None:
        key = str(uuid.UUID(int=self._chance.getrandbits(128)))
        headers = f"{JSON}Idempotency-Key: {key}\r\nFairgate-Secret: {secret}\r\n"
        body = json.dumps({"email": f"ben-{hold}@example.org", "name": "Ben Buyer", "payment": "free"}).encode()

        def understand(asked: Asked, answer: bytes) -> None:
            order = json.loads(answer)
            asked.done(order=order["code"], tickets=tuple(ticket["id"] for ticket in order["tickets"]))

        self._persist(
            lambda: self._recorder.asking(self._name, Kind.ORDER, hold=hold, key=order_key(key)),
            lambda: self._wire.ask("POST", f"/api/v1/shop/holds/{hold}/order", headers, body),
            understand,
            By.WEB,
        )

    def _persist(
        self,
        record: Callable[[], object],
        ask: Callable[[], Reply],
        understand: Callable[[Asked, bytes], None],
        by: By = By.STOCK,
    ) -> None:
        def once() -> bool:
            with record() as asked:  # type: ignore[attr-defined]
                self.operations += 1
                self._gauge.clients[self._number] = by
                try:
                    status, answer = ask()
                except Lost as error:
                    asked.unknown(str(error))
                    return False
                finally:
                    self._gauge.clients[self._number] = 0
                if status >= 500 or status in NOT_HEARD:
                    asked.unknown(str(status))
                elif status < 300:
                    understand(asked, answer)
                    self.done += 1
                elif (word := _problem(answer)) == "sold-out":
                    asked.sold_out()
                else:
                    asked.refused(word)
                return status < 500 and status not in NOT_HEARD

        persist(once, self._chance)


def _problem(answer: bytes) -> str:
    return str(json.loads(answer)["type"]).rpartition("/")[2].rpartition("#")[2].rpartition(":")[2]


def main(argument: str) -> None:
    errand = read_errand(argument)
    gauge = Gauge(Path(errand.gauge))
    with recorder_of(errand) as recorder:
        crowd = Crowd([Visitor(errand, number, recorder, gauge) for number in range(errand.clients)], gauge)
        crowd.start()
        wait_for_the_end()
        crowd.stop()


if __name__ == "__main__":
    main(sys.argv[1])
