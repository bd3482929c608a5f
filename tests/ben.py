"""Ben buys by the API, as patiently as a good program does: the same key until there is an answer that counts."""

from __future__ import annotations

import http.client
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.asking import Answer, Client
from tests.olga import OnSale

PATIENCE_S = 90
PAUSE_S = 0.1
# The door or a process went away: what became of the request is unknown.
LOST = (http.client.HTTPException, OSError)


@dataclass(frozen=True)
class Bought:
    hold: str
    hold_secret: str
    code: str
    secret: str
    email: str
    tickets: tuple[dict[str, Any], ...]
    answer: Answer

    @property
    def page(self) -> str:
        return f"/orders/{self.code}/{self.secret}/"


def new_key() -> str:
    return str(uuid.uuid4())


def hold(client: Client, event: OnSale, quantity: int = 1, key: str = "") -> Answer:
    items = [{"ticket_type": event.ticket_type, "quantity": quantity}]
    return client.post(f"{event.api}/holds", {"items": items}, Idempotency_Key=key or new_key())


def order(
    client: Client, held: Any, *, email: str, name: str = "Ben Buyer", key: str = "", payment: str = ""
) -> Answer:
    return client.post(
        f"/api/v1/shop/holds/{held['hold']}/order",
        {"email": email, "name": name, "payment": payment or ("free" if held["total"] == "0.00" else "transfer")},
        Idempotency_Key=key or new_key(),
        Fairgate_Secret=held["secret"],
    )


def buy(client: Client, event: OnSale, quantity: int = 1, *, email: str = "", name: str = "Ben Buyer") -> Bought:
    email = email or f"ben-{uuid.uuid4().hex[:12]}@example.org"
    held = hold(client, event, quantity)
    assert held.status == 201, held.text
    placed = order(client, held.json, email=email, name=name)
    assert placed.status == 201, placed.text
    return bought(held.json, placed, email)


def bought(held: Any, placed: Answer, email: str) -> Bought:
    found = placed.json
    return Bought(held["hold"], held["secret"], found["code"], found["secret"], email, tuple(found["tickets"]), placed)


def persist(ask: Callable[[], Answer], seen: list[str]) -> Answer:
    """Ask again after a lost answer or a 5xx, which `seen` notes, until there is another answer."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            answer = ask()
        except LOST as error:
            seen.append(type(error).__name__)
        else:
            if answer.status < 500:
                return answer
            seen.append(str(answer.status))
        time.sleep(PAUSE_S)
    raise AssertionError(f"no answer in {PATIENCE_S} s: {seen[-20:]}")
