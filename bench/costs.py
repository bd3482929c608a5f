"""What each action costs each process: the figures from which `fairgate capacity` plans.

    python bench/costs.py                                            a table; --markdown for a page of the documentation
    python bench/costs.py --json > fairgate/capacity/reference.json  as the plan reads them

An installation of its own. Each step of a purchase is taken by all buyers before the next one, so that the time
of one is not mixed with another's; mail follows in a second part, as its worker is away in the first. What the
installation takes when idle is subtracted, and told beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import buyers
import cap
import closed_loop
import installation
import mails
import meter
import psycopg
import report
from installation import Target
from sale import Sale, open_sale

from fairgate.capacity.calibrate import loop_ms

TICKETS = 2
AT_A_TIME = 12
CLIENTS = 32
IDLE_S, SETTLE_S, PATIENCE_S = 5.0, 1.5, 60
PAST = "?past=the-door"
KINDS = ("door", "web", "stock", "gate", "worker", "relay", "beat", "postgres", "valkey")
WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint, pg_database_size(current_database())"
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

Cost = dict[str, float]


@dataclass
class Cart:
    browser: buyers.Browser
    at: str = ""
    pdf: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description="What each action costs each process.")
    parser.add_argument("--purchases", type=int, default=240, help="in each round (240)")
    parser.add_argument("--rounds", type=int, default=3, help="of each step; the one in the middle counts (3)")
    parser.add_argument("--seconds", type=float, default=3, help="of asking for pages (3)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="a table for a page of the documentation")
    wish = parser.parse_args()
    with installation.own() as target, contextlib.ExitStack() as stack:
        target.up()
        if cap.is_there():
            # Right of way before whatever else runs here; the supervisor hands it on to what it starts.
            group = stack.enter_context(cap.group("costs"))
            for kind, roots in meter.with_supervisor(target.pids()).items():
                group.add(meter.members(kind, roots))
            group.add([os.getpid()])
        found = _measure(target, wish)
    if wish.json:
        print(json.dumps(_rounded(found), indent=1))
        return
    print(found["machine"], f"others had {found['others_share']:.0%} of it", sep="\n")
    print((report.markdown if wish.markdown else report.table)(("CPU-ms", *KINDS, "sum"), _rows(found["actions"])))
    print({name: value for name, value in found.items() if name not in ("actions", "machine")})


def _measure(target: Target, wish: argparse.Namespace) -> dict[str, Any]:
    sale = open_sale(target)
    loop = loop_ms()
    _say("Warming up.")
    _buy(target, sale, 60)
    _mailed(target, 60)
    target.command("scale", "worker=0")
    bench = Bench(target)
    before = _stored(target)
    rounds: list[dict[str, Cost]] = []
    for number in range(wish.rounds):
        _say(f"Each step of {wish.purchases} purchases, round {number + 1}.")
        rounds.append(_steps(bench, sale, wish.purchases) | _pages(bench, sale, wish.seconds))
    _say("Waiting for the mails.")
    target.command("scale", "worker=1")
    _mailed(target, 60 + wish.rounds * wish.purchases)
    stored = _stored(target)
    orders = wish.rounds * wish.purchases
    time.sleep(SETTLE_S)
    bench_without_worker, bench = bench, Bench(target)
    for number in range(wish.rounds):
        _say(f"Orders with their mails, round {number + 1}.")
        rounds[number] |= {"mail": _less(_orders_with_mail(bench, sale, wish.purchases), rounds[number]["order"])}
    memory = meter.memory_mb(meter.with_supervisor(target.pids()))
    for number, scans in enumerate(_scans(bench, sale, wish.purchases, wish.rounds)):
        _say(f"Scans, round {number + 1}.")
        rounds[number] |= {"scan": scans}
    return {
        "machine": report.machine(),
        "cores": os.cpu_count(),
        "loop_ms": loop,
        "tickets": TICKETS,
        "others_share": max(bench.others_share, bench_without_worker.others_share),
        "idle_cpu_ms_per_s": {kind: bench.idle.get(kind, 0.0) for kind in KINDS},
        "actions": {name: _middle([found[name] for found in rounds]) for name in rounds[0]},
        "spread": _spread(rounds),
        "memory_mb": memory,
        "order_bytes": (stored[1] - before[1]) / orders,
        "order_wal_bytes": (stored[0] - before[0]) / orders,
    }


class Bench:
    """Knows what the installation takes when nobody comes, so that it can tell what somebody costs."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.pids = meter.with_supervisor(target.pids())
        before = meter.cpu_ms(self.pids)
        time.sleep(IDLE_S)
        self.idle = {kind: ms / IDLE_S for kind, ms in meter.between(before, meter.cpu_ms(self.pids)).items()}
        self._others = self._passed = 0.0

    @property
    def others_share(self) -> float:
        """Of the machine, what other programs had while this measured."""
        return max(0.0, self._others / self._passed / 1000 / (os.cpu_count() or 1))

    def cost(self, actions: int, work: Callable[[], float | None]) -> Cost:
        """Of one action; `work` may tell how many there were."""
        began, before, machine, own = time.monotonic(), meter.cpu_ms(self.pids), meter.machine_ms(), _own_ms()
        counted = work() or actions
        passed, spent = time.monotonic() - began, meter.between(before, meter.cpu_ms(self.pids))
        self._passed += passed
        self._others += meter.machine_ms() - machine - (_own_ms() - own) - sum(spent.values())
        return {kind: max(0.0, spent.get(kind, 0) - self.idle.get(kind, 0) * passed) / float(counted) for kind in KINDS}


def _steps(bench: Bench, sale: Sale, purchases: int) -> dict[str, Cost]:
    carts = [Cart(buyers.Browser(bench.target, buyers.Purchase(n, TICKETS))) for n in range(purchases)]
    found = {}
    for name, step in STEPS.items():
        found[name] = bench.cost(purchases, lambda step=step: _all(carts, lambda cart: step(cart, sale)))
    return found


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


def _pages(bench: Bench, sale: Sale, seconds: float) -> dict[str, Cost]:
    def ask(path: str) -> float:
        answers = closed_loop.ask(bench.target.port, path, CLIENTS, seconds)
        if set(answers.statuses) != {200}:
            raise SystemExit(f"Not every page was answered: {dict(answers.statuses)}")
        return answers.rate * (seconds + closed_loop.WARM_UP_S)

    return {
        "event page, kept": bench.cost(0, lambda: ask(sale.page)),
        "event page, not kept": bench.cost(0, lambda: ask(sale.page + PAST)),
    }


def _orders_with_mail(bench: Bench, sale: Sale, purchases: int) -> Cost:
    carts = [Cart(buyers.Browser(bench.target, buyers.Purchase(n, TICKETS))) for n in range(purchases)]
    _all(carts, lambda cart: _hold(cart, sale))
    known = mails.count(bench.target.data / "mail")

    def work() -> None:
        _all(carts, lambda cart: _order(cart, sale))
        _mailed(bench.target, known + purchases)
        time.sleep(SETTLE_S)

    return bench.cost(purchases, work)


def _scans(bench: Bench, sale: Sale, number: int, rounds: int) -> list[Cost]:
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


def _buy(target: Target, sale: Sale, purchases: int) -> None:
    buyers.buy_all(target, sale, purchases, AT_A_TIME, TICKETS)


def _mailed(target: Target, number: int) -> None:
    ends = time.monotonic() + PATIENCE_S
    while mails.count(target.data / "mail") < number:
        if time.monotonic() > ends:
            raise SystemExit(f"Only {mails.count(target.data / 'mail')} of {number} mails came.")
        time.sleep(0.05)


def _own_ms() -> float:
    times = os.times()
    return (times.user + times.system + times.children_user + times.children_system) * 1000


def _stored(target: Target) -> tuple[int, int]:
    with psycopg.connect(target.database_url()) as connection:
        wal, size = connection.execute(WAL).fetchone() or (0, 0)
    return int(wal), int(size)


def _less(whole: Cost, part: Cost) -> Cost:
    return {kind: max(0.0, whole[kind] - part[kind]) for kind in whole}


def _middle(costs: Sequence[Cost]) -> Cost:
    return sorted(costs, key=lambda cost: sum(cost.values()))[len(costs) // 2]


def _spread(rounds: Sequence[dict[str, Cost]]) -> float:
    """By how much the rounds of one purchase lie apart, as a part of the one in the middle."""
    steps = [*STEPS, "mail"]
    sums = sorted(sum(sum(found[step].values()) for step in steps) for found in rounds)
    return (sums[-1] - sums[0]) / 2 / sums[len(sums) // 2]


def _rows(actions: dict[str, Cost]) -> list[tuple[object, ...]]:
    return [(name, *(cost[kind] for kind in KINDS), sum(cost.values())) for name, cost in actions.items()]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
