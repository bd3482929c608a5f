"""Ben and his friends, who buy one place after the other and ask again when an answer is lost."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from tests.asking import Client
from tests.ben import hold, new_key, order, persist
from tests.olga import OnSale

# The door lets one address ask a thousand times in ten seconds.
PAUSE_S = 0.2


@dataclass(frozen=True)
class Sold:
    began: float
    code: str
    email: str


class Buyers:
    """From the start of the block to its end. What went wrong in one of them is raised there."""

    def __init__(self, host: str, port: int, event: OnSale, people: int = 4) -> None:
        self.sold: list[Sold] = []
        # Requests that had to be repeated, and why.
        self.repeated: list[str] = []
        self._address, self._event, self._people = (port, host), event, people
        self._is_over = threading.Event()

    def __enter__(self) -> Buyers:
        self._pool = ThreadPoolExecutor(self._people)
        self._buying: list[Future[None]] = [self._pool.submit(self._buy) for _ in range(self._people)]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_over.set()
        self._pool.shutdown()
        if error is None:
            for buyer in self._buying:
                buyer.result()

    def sold_since(self, moment: float) -> int:
        """Counted are those who began after it."""
        return sum(1 for sold in self.sold if sold.began > moment)

    def _buy(self) -> None:
        with Client(*self._address) as client:
            while not self._is_over.wait(PAUSE_S):
                self._buy_one(client)

    def _buy_one(self, client: Client) -> None:
        began, key, email = time.monotonic(), new_key(), f"ben-{uuid.uuid4().hex[:12]}@example.org"
        held = persist(lambda: hold(client, self._event, 1, key), self.repeated)
        assert held.status == 201, held.text
        placed = persist(lambda: order(client, held.json, email=email, key=key), self.repeated)
        # What was sold before its answer got lost is told again with 200.
        assert placed.status in (200, 201), placed.text
        self.sold.append(Sold(began, placed.json["code"], email))
