"""Whoever asks the shop for something: keeps cookies, comes again when told to, notes what became of it. No Django."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from fairgate.lib import rehearsed
from fairgate.rehearsal.engine import Ask
from fairgate.rehearsal.fates import AGAIN, PLACES, TAKEN, TOLD_TO_WAIT, Fate
from fairgate.rehearsal.habits import Habits, Offer
from fairgate.rehearsal.wire import Address, Answer

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
JSON = "Content-Type: application/json\r\n"
# Networks kept for measurements (RFC 2544), so that a door that trusts the generator's address sees many visitors.
VISITORS = 198 << 24 | 18 << 16

Steps = Generator[Ask | float, Answer | None, None]
Asking = Generator[Ask | float, Answer | None, Answer]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Shop:
    """The copy, as buyers reach it."""

    address: Address
    organizer: str
    event: str
    offers: Sequence[Offer]

    @property
    def page(self) -> str:
        return f"/{self.organizer}/{self.event}/"

    @property
    def api(self) -> str:
        return f"/api/v1/shop/{self.organizer}/{self.event}"


class Visitor:
    """`now` tells the seconds after the opening."""

    def __init__(self, shop: Shop, habits: Habits, number: int, *, fate: Fate, now: Clock, seed: int) -> None:
        self._shop, self._habits, self._number = shop, habits, number
        self.fate, self._now = fate, now
        self._chance = random.Random(f"{seed} {number}")
        self._cookies: dict[str, tuple[str, str]] = {}
        visitor = ".".join(str(part) for part in (VISITORS + number % (1 << 17)).to_bytes(4, "big"))
        said = {**shop.address.headers, "X-Forwarded-For": visitor}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        weights = [max(1, offer.places) for offer in shop.offers]
        (self._offer,) = self._chance.choices(shop.offers, weights)
        fate.ticket_type = self._offer.ticket_type
        self._quantity = habits.basket(self._chance, self._offer.least, self._offer.most)

    def _ask_for_places(
        self, path: str, body: bytes, *, kind: str, headers: str = "", has_chosen_seats: bool = False
    ) -> Asking:
        began = self._now()
        if self.fate.asked is None:
            self.fate.asked = began
        twice = self._is_one_of(self._habits.double_clicks)
        answer = yield from self._ask(PLACES, "POST", path, body, headers=headers, kind=kind, is_twice=twice)
        self.fate.answered = self._now()
        if answer.status == TAKEN and not has_chosen_seats:
            self.fate.turned.append((began, self.fate.answered, self._offer.ticket_type, self._quantity))
        return answer

    def _ask(
        self,
        step: int,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        headers: str = "",
        kind: str = "",
        is_twice: bool = False,
        is_plain: bool = False,
    ) -> Asking:
        """Again while all are busy, not before the time that was told; then she has had enough."""
        encoding = "" if is_plain or kind == JSON else "Accept-Encoding: gzip\r\n"
        size = f"{kind}Content-Length: {len(body)}\r\n" if method == "POST" else ""
        origin = f"Origin: {self._shop.address.origin}\r\n" if kind == FORM else ""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{encoding}{origin}{self._cookie(path)}{size}{headers}\r\n"
        request = head.encode() + body
        answer = Answer(0)
        for attempt in range(self._habits.tries):
            if attempt:
                yield self._wait(answer, attempt, is_person=kind != JSON)
            came = yield Ask(step, request, is_twice and not attempt)
            assert came is not None
            answer = came
            if answer.status not in AGAIN:
                return answer
        return answer

    def _wait(self, answer: Answer, attempt: int, *, is_person: bool) -> float:
        """Programs come back soon after the time that was told. People read first, and longer each time."""
        word = answer.header(b"retry-after")
        told = float(word) if word.isascii() and word.isdigit() else self._habits.pause
        reads = self._habits.pause_of(self._chance, self._habits.pause) * attempt if is_person else 0
        return told * (1 + self._chance.random() / 2) + reads

    def _think(self, middle: float) -> Steps:
        yield self._habits.pause_of(self._chance, middle)

    def _is_one_of(self, share: float) -> bool:
        return self._chance.random() < share

    def _cookie(self, path: str) -> str:
        found = [f"{name}={value}" for name, (value, below) in self._cookies.items() if path.startswith(below)]
        return f"Cookie: {'; '.join(found)}\r\n" if found else ""

    def _keep_cookies(self, answer: Answer) -> None:
        for line in answer.headers(b"set-cookie"):
            first, *rest = (part.strip() for part in line.split(";"))
            name, _, value = first.partition("=")
            below = next((part[5:] for part in rest if part.lower().startswith("path=")), "/")
            self._cookies[name] = value, below

    def _key(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"

    @property
    def _name(self) -> str:
        return f"Ben Buyer {self._number}"

    @property
    def _email(self) -> str:
        return rehearsed.address(self._number)

    def _held(self, hold: str, places: int) -> str:
        self.fate.hold, self.fate.places = hold, places
        return hold

    def _bought(self, order: str) -> None:
        self.fate.order, self.fate.outcome = order, "bought"

    def _ends(self, outcome: str) -> str:
        self.fate.outcome = outcome
        return ""

    def _failed(self, answer: Answer) -> str:
        """Neither a yes nor a no: nobody answered in time, or something is wrong."""
        if answer.status in TOLD_TO_WAIT:
            return self._ends("busy")
        return self._ends("lost" if answer.status in AGAIN else "refused")
