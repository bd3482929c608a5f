"""What one buyer does, from the event's page to her order, as her browser or a program would ask. No Django."""

from __future__ import annotations

import json
from collections.abc import Generator
from urllib.parse import urlencode

from fairgate.rehearsal.engine import Ask
from fairgate.rehearsal.fates import CHECKOUT, DONE, ORDER, PAGE, PLAN, TAKEN, Fate
from fairgate.rehearsal.habits import Habits, choose_seats
from fairgate.rehearsal.visitor import FORM, JSON, Clock, Shop, Steps, Visitor
from fairgate.rehearsal.wire import Answer

Fields = list[tuple[str, str]]


def buyer(shop: Shop, habits: Habits, number: int, *, fate: Fate, now: Clock, seed: int) -> Steps:
    """She comes to be when she comes."""
    yield from Person(shop, habits, number, fate=fate, now=now, seed=seed).act()


class Person(Visitor):
    _has_seen_plan = False

    def act(self) -> Steps:
        if self._chance.random() < self._habits.programs:
            yield from self._as_program()
        else:
            yield from self._as_person()

    # With a browser.

    def _as_person(self) -> Steps:
        yield from self._look()
        if self._is_one_of(self._habits.reloads):
            yield from self._think(self._habits.reads)
            yield from self._look()
        yield from self._think(self._habits.reads)
        held = yield from self._hold_by_form()
        if held and (yield from self._stays(held)):
            yield from self._order_by_form(held)

    def _look(self) -> Steps:
        answer = yield from self._ask(PAGE, "GET", self._shop.page)
        if answer.status != 200:
            yield self._habits.pause

    def _hold_by_form(self) -> Generator[Ask | float, Answer | None, str]:
        """Where the checkout is, or nothing."""
        looks = 2 if self._is_one_of(self._habits.look_again) else 1
        while looks:
            wanted = yield from self._fields()
            if wanted:
                body = urlencode([*wanted, ("idempotency_key", self._key())]).encode()
                answer = yield from self._ask_for_places(
                    f"{self._shop.page}holds/", body, kind=FORM, has_chosen_seats=_are_seats(wanted)
                )
                if answer.status == 303:
                    self._keep_cookies(answer)
                    places = len(wanted) if _are_seats(wanted) else self._quantity
                    return self._held(answer.header(b"location").split("/")[2], places)
                if answer.status != TAKEN:
                    return self._failed(answer)
                self.fate.refusals += 1
                if self._tries_again(wanted):
                    yield from self._think(self._habits.reads)
                    continue
            looks -= 1
            if looks:
                yield from self._think(self._habits.looks_again)
                yield from self._look()
        return self._ends("sold out")

    def _fields(self) -> Generator[Ask | float, Answer | None, Fields]:
        """What the form sends: seats from the plan, or a number. Nothing when the plan is full."""
        offer = self._offer
        if not (offer.is_seated and self._is_one_of(self._habits.choosers)):
            return [(f"quantity-{offer.ticket_type}", str(self._quantity))]
        plan = f"{self._shop.page}seats/{offer.session}/"
        if not self._has_seen_plan:
            self._has_seen_plan = True
            yield from self._ask(PLAN, "GET", plan)
            yield from self._think(self._habits.chooses)
        answer = yield from self._ask(PLAN, "GET", f"{plan}taken/", is_plain=True)
        if answer.status != 200:
            return [(f"quantity-{offer.ticket_type}", str(self._quantity))]
        seats = choose_seats(self._chance, offer, set(json.loads(answer.body)["taken"]), self._quantity)
        if len(seats) < offer.least:
            self.fate.answered = self._now()
            self.fate.asked = self.fate.asked or self.fate.answered
            return []
        return [("seat", f"{seat}:{offer.ticket_type}") for seat in seats]

    def _tries_again(self, wanted: Fields) -> bool:
        """Other seats; or one ticket, where there may be no more together."""
        if _are_seats(wanted):
            return self.fate.refusals <= self._habits.tries
        is_fewer = self._quantity > max(1, self._offer.least)
        self._quantity = max(1, self._offer.least)
        return is_fewer

    def _stays(self, hold: str) -> Generator[Ask | float, Answer | None, bool]:
        address = f"/checkout/{hold}/"
        yield from self._ask(CHECKOUT, "GET", address)
        if self._is_one_of(self._habits.reloads):
            yield from self._ask(CHECKOUT, "GET", address)
        yield from self._think(self._habits.types)
        if self._is_one_of(self._habits.leave):
            self._ends("left")
            return False
        if self._is_one_of(self._habits.give_back):
            yield from self._ask(CHECKOUT, "POST", f"{address}release/", b"", kind=FORM)
            self._ends("gave back")
            return False
        return True

    def _order_by_form(self, hold: str) -> Steps:
        typed = {"name": self._name, "email": self._email, "payment": self._offer.payment}
        twice = self._is_one_of(self._habits.double_clicks)
        body = urlencode(typed).encode()
        answer = yield from self._ask(ORDER, "POST", f"/checkout/{hold}/", body, kind=FORM, is_twice=twice)
        if answer.status != 302:
            self._failed(answer)
            return
        address = answer.header(b"location")
        self._bought(address.split("/")[2])
        yield from self._ask(DONE, "GET", address)

    # With a program.

    def _as_program(self) -> Steps:
        answer = yield from self._ask(PAGE, "GET", self._shop.api)
        yield self._habits.pause_of(self._chance, 0.3)
        held = yield from self._hold_by_api()
        if not held:
            return
        headers = f"Idempotency-Key: {self._key()}\r\nFairgate-Secret: {held['secret']}\r\n"
        if self._is_one_of(self._habits.leave):
            self._ends("left")
            return
        yield self._habits.pause_of(self._chance, 1.0)
        body = json.dumps({"name": self._name, "email": self._email, "payment": self._offer.payment}).encode()
        address = f"/api/v1/shop/holds/{held['hold']}/order"
        twice = self._is_one_of(self._habits.double_clicks)
        answer = yield from self._ask(ORDER, "POST", address, body, headers=headers, kind=JSON, is_twice=twice)
        if answer.status == 201:
            self._bought(json.loads(answer.body)["code"])
        else:
            self._failed(answer)

    def _hold_by_api(self) -> Generator[Ask | float, Answer | None, dict[str, str]]:
        while True:
            item = {"ticket_type": self._offer.ticket_type, "quantity": self._quantity}
            body, headers = json.dumps({"items": [item]}).encode(), f"Idempotency-Key: {self._key()}\r\n"
            answer = yield from self._ask_for_places(f"{self._shop.api}/holds", body, kind=JSON, headers=headers)
            if answer.status == 201:
                made: dict[str, str] = json.loads(answer.body)
                self._held(made["hold"], self._quantity)
                return made
            if answer.status != TAKEN:
                self._failed(answer)
                return {}
            self.fate.refusals += 1
            if not self._tries_again([("quantity", "")]):
                self._ends("sold out")
                return {}


def _are_seats(wanted: Fields) -> bool:
    return wanted[0][0] == "seat"
