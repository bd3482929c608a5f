"""The seller, counted: what each request for places was told, and how long its buyer waited, for the on-sale page."""

from __future__ import annotations

import time
from typing import Any

from fairgate.services.stock.waiting import Busy
from fairgate.stock.engine import Answer, HoldRequest, Outcome
from fairgate.stock.pulse import Pulse

NOT_ON_SALE = frozenset({"closed", "early", "ended"})
BUSY = "busy"


class Counted:
    def __init__(self, seller: Any, pulse: Pulse) -> None:
        self.seller = seller
        self._pulse = pulse

    def hold(self, request: HoldRequest) -> Answer:
        """Raises Busy."""
        began = time.perf_counter()
        try:
            answer: Answer = self.seller.hold(request)
        except Busy:
            self._pulse.told(request.event, BUSY, time.perf_counter() - began)
            raise
        self._pulse.told(request.event, word(answer), time.perf_counter() - began)
        return answer

    async def ask(self, request: HoldRequest, waited_s: float = 0.0, *more: Any) -> Answer:
        """The same for a request of an event loop, which has waited elsewhere before. Raises Busy."""
        began = time.perf_counter() - waited_s
        try:
            answer: Answer = await self.seller.ask(request, waited_s, *more)
        except Busy:
            self._pulse.told(request.event, BUSY, time.perf_counter() - began)
            raise
        self._pulse.told(request.event, word(answer), time.perf_counter() - began)
        return answer


def word(answer: Answer) -> str:
    """From a short fixed list: it is part of a row's key."""
    match answer.outcome:
        case Outcome.HELD | Outcome.REPEAT | Outcome.SOLD_OUT | Outcome.SEAT_TAKEN:
            return answer.outcome.value
        case _:
            reasons = {item.reason for item in answer.items}
            return "not-on-sale" if reasons & NOT_ON_SALE else "invalid"
