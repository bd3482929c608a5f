"""Buyers as a browser without JavaScript would be them: one connection, cookies kept, one page after the other."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from crowd import together
from installation import Target
from sale import Sale

TIMEOUT_S = 30
STEPS = ("event page", "hold", "checkout", "order", "order page", "tickets PDF")
PDF = re.compile(rb'href="([^"]+\.pdf)"')


class Unexpected(Exception):
    """The shop did not answer as it should: then there is nothing to measure."""


@dataclass
class Purchase:
    number: int
    quantity: int
    began: float = 0.0
    placed_at: float = 0.0
    order: str = ""
    ms: dict[str, float] = field(default_factory=dict)

    @property
    def whole_ms(self) -> float:
        return sum(self.ms.values())


def buy_all(target: Target, sale: Sale, purchases: int, buyers: int, quantity: int) -> list[Purchase]:
    """So many purchases, so many buyers at a time."""
    numbers = itertools.count(1)
    done: list[Purchase] = []

    def work(_buyer: int) -> Iterator[None]:
        while (number := next(numbers)) <= purchases:
            done.append(buy(target, sale, number, quantity))
            yield

    together(buyers, work)
    return done


def buy(target: Target, sale: Sale, number: int, quantity: int) -> Purchase:
    """From the event's page to the tickets."""
    purchase = Purchase(number, quantity, began=time.time())
    browser = Browser(target, purchase)
    browser.get("event page", sale.page)
    checkout = browser.post("hold", f"{sale.page}holds/", {f"quantity-{sale.ticket_types[0]}": str(quantity)})
    browser.get("checkout", checkout)
    buyer = {"name": f"Ben Buyer {number}", "email": f"ben{number}@example.org", "payment": "free"}
    address = browser.post("order", checkout, buyer)
    purchase.placed_at = time.time()
    purchase.order = urlsplit(address).path.strip("/").split("/")[1]
    page = browser.get("order page", address)
    (pdf, *_more) = PDF.findall(page)
    if not browser.get("tickets PDF", pdf.decode()).startswith(b"%PDF"):
        raise Unexpected("The tickets are no PDF.")
    browser.close()
    return purchase


class Browser:
    def __init__(self, target: Target, purchase: Purchase) -> None:
        self._connection = HTTPConnection("127.0.0.1", target.port, timeout=TIMEOUT_S)
        self._origin = target.url
        self._purchase = purchase
        self._cookies: dict[str, str] = {}

    def get(self, step: str, path: str) -> bytes:
        return self._timed(step, lambda: self._ask("GET", path, 200))[1]

    def post(self, step: str, path: str, form: dict[str, str]) -> str:
        """Where the answer sends the browser."""
        expected = 303 if step == "hold" else 302
        return self._timed(step, lambda: self._ask("POST", path, expected, urlencode(form)))[0]

    def close(self) -> None:
        self._connection.close()

    def _timed(self, step: str, ask: Callable[[], tuple[str, bytes]]) -> tuple[str, bytes]:
        began = time.perf_counter()
        answer = ask()
        spent = (time.perf_counter() - began) * 1000
        self._purchase.ms[step] = self._purchase.ms.get(step, 0.0) + spent
        return answer

    def _ask(self, method: str, path: str, expected: int, body: str | None = None) -> tuple[str, bytes]:
        headers = {"User-Agent": "bench", "Accept": "text/html"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if body is not None:
            headers |= {"Origin": self._origin, "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status != expected:
            raise Unexpected(f"{method} {path} answered {response.status}, not {expected}: {content[:300]!r}")
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return response.headers.get("Location", ""), content
