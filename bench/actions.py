"""What people do in an installation, one action at a time, and what it costs: a purchase step by step, pages, scans."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection

import buyers
import closed_loop
import mails
from costing import Bench, Cost
from installation import Target
from sale import Sale

TICKETS = 2
AT_A_TIME = 12
CLIENTS = 32
SETTLE_S, PATIENCE_S = 1.5, 60
PAST = "?past=the-door"
# Runs inside the installation: the tickets of one event, and leave to scan them.
GATE = """
import json
from fairgate.accounts.models import User
from fairgate.checkin import grants
from fairgate.checkin.actions import ensure_default_list
from fairgate.events.models import Event
from fairgate.orders.models import Ticket
from fairgate.orders.queries import ticket_code
from fairgate.organizers.models import Membership, Role

event = Event.objects.get(pk={event})
gail, _ = User.objects.get_or_create(email="gail@bench.example.org")
Membership.objects.get_or_create(user=gail, organizer=event.organizer, defaults={{"role": Role.GATE}})
print(json.dumps({{
    "token": grants.issue(gail, event.organizer, "bench"),
    "list": ensure_default_list(event).pk,
    "codes": [ticket_code(ticket) for ticket in Ticket.objects.filter(event=event)[:{number}]],
}}))
"""


@dataclass
class Cart:
    browser: buyers.Browser
    at: str = ""
    pdf: str = ""


def steps(bench: Bench, sale: Sale, purchases: int) -> dict[str, Cost]:
    """All take one step before any takes the next."""
    carts = _carts(bench, purchases)
    found = {}
    for name, step in STEPS.items():
        found[name] = bench.cost(purchases, lambda step=step: _all(carts, lambda cart: step(cart, sale)))
    return found


def purchases_whole(bench: Bench, sale: Sale, purchases: int) -> Cost:
    """Each takes step after step, as in a sale: other steps come between, and fewer do the same at once."""

    def all_steps(cart: Cart) -> None:
        for step in STEPS.values():
            step(cart, sale)

    carts = _carts(bench, purchases)
    return bench.cost(purchases, lambda: _all(carts, all_steps))


def _carts(bench: Bench, purchases: int) -> list[Cart]:
    return [Cart(buyers.Browser(bench.target, buyers.Purchase(n, TICKETS))) for n in range(purchases)]


def _hold(cart: Cart, sale: Sale) -> None:
    cart.at = cart.browser.post("hold", f"{sale.page}holds/", {f"quantity-{sale.ticket_types[0]}": str(TICKETS)})


def _checkout(cart: Cart, sale: Sale) -> None:
    cart.browser.get("checkout", cart.at)


def _order(cart: Cart, sale: Sale) -> None:
    buyer = {"name": "Ben Buyer", "email": "ben1@example.org", "payment": "free"}
    cart.at = cart.browser.post("order", cart.at, buyer)


def _order_page(cart: Cart, sale: Sale) -> None:
    (pdf, *_more) = buyers.PDF.findall(cart.browser.get("order page", cart.at))
    cart.pdf = pdf.decode()


def _tickets(cart: Cart, sale: Sale) -> None:
    cart.browser.get("tickets PDF", cart.pdf)


STEPS: dict[str, Callable[[Cart, Sale], None]] = {
    "hold": _hold,
    "checkout": _checkout,
    "order": _order,
    "order page": _order_page,
    "tickets PDF": _tickets,
}


def _all(carts: Sequence[Cart], step: Callable[[Cart], None]) -> None:
    """So many at a time, each over a connection of its own."""
    waiting, failed = list(carts), []

    def work() -> None:
        try:
            while not failed:
                cart = waiting.pop()
                step(cart)
                cart.browser.close()
        except IndexError:
            return
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(AT_A_TIME)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def pages(bench: Bench, sale: Sale, seconds: float) -> dict[str, Cost]:
    def ask(path: str) -> float:
        return closed_loop.pages(bench.target.port, path, CLIENTS, seconds).asked

    return {
        "event page, kept": bench.cost(0, lambda: ask(sale.page)),
        "event page, not kept": bench.cost(0, lambda: ask(sale.page + PAST)),
    }


def orders_with_mail(bench: Bench, sale: Sale, purchases: int) -> Cost:
    carts = _carts(bench, purchases)
    _all(carts, lambda cart: _hold(cart, sale))
    known = mails.count(bench.target.data / "mail")

    def work() -> None:
        _all(carts, lambda cart: _order(cart, sale))
        mailed(bench.target, known + purchases)
        time.sleep(SETTLE_S)

    return bench.cost(purchases, work)


def scans(bench: Bench, sale: Sale, number: int, rounds: int) -> list[Cost]:
    said = bench.target.run_in_django(GATE.format(event=sale.event, number=number * rounds))
    gate = json.loads(said.splitlines()[-1])
    head = {"Authorization": f"Bearer {gate['token']}", "Content-Type": "application/json"}

    def scan(code: str) -> None:
        connection = HTTPConnection("127.0.0.1", bench.target.port, timeout=30)
        connection.request("POST", "/api/v1/gate/scans", json.dumps({"code": code, "list": gate["list"]}), head)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        if answer.get("result") != "admitted":
            raise SystemExit(f"The gate says {answer}.")

    found = []
    for round_ in range(rounds):
        codes = gate["codes"][round_ * number : (round_ + 1) * number]

        def work(codes: Sequence[str] = codes) -> None:
            for code in codes:
                scan(code)

        found.append(bench.cost(len(codes), work))
    return found


def buy(target: Target, sale: Sale, purchases: int) -> None:
    buyers.buy_all(target, sale, purchases, AT_A_TIME, TICKETS)


def mailed(target: Target, number: int) -> None:
    ends = time.monotonic() + PATIENCE_S
    while mails.count(target.data / "mail") < number:
        if time.monotonic() > ends:
            raise SystemExit(f"Only {mails.count(target.data / 'mail')} of {number} mails came.")
        time.sleep(0.05)
