"""Buyers buy, and one process after the other dies in the middle. What anyone was promised must hold.

Everything is proven in one long test, since it is one story: the order of faults, then what is left of it. The worker
dies first, because what it was doing is taken up again only when its lease runs out.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest

from fairgate.testing.waiting import wait_until
from tests.asking import Client
from tests.faults.crowd import Crowd
from tests.installed import NO_DIFFERENCES, Installed
from tests.olga import Member, OnSale

PLACES = 100_000
STILL_S = 5
KILLED = ("worker-1", "valkey-1", "relay-1", "stock-1", "web-1", "door-1", "postgres-1")


@pytest.mark.timeout(240)
def test_no_promise_is_broken_while_everything_dies_in_turn(installed: Installed, olga: Member) -> None:
    event = olga.put_on_sale(places=PLACES)
    in_flight: dict[str, int] = {}

    with Crowd(installed.port, event).buying() as crowd:
        _let_it_sell(crowd)
        for name in KILLED:
            in_flight[name] = _while_buying(crowd, lambda name=name: _kill(installed, name))  # type: ignore[misc]
            _let_it_sell(crowd)
        in_flight["valkey stands still"] = _while_buying(crowd, lambda: _stand_still(installed, crowd, "valkey-1"))
        _let_it_sell(crowd)
    installed.drain()

    assert crowd.failures == []
    assert min(in_flight.values()) > 0, in_flight
    assert crowd.lost != []
    _everything_promised_is_there(installed, event, crowd)
    _nothing_happened_twice(installed, event, crowd)
    _each_order_has_one_mail(installed, crowd)
    assert installed.audit() == NO_DIFFERENCES


def _while_buying(crowd: Crowd, fault: Callable[[], None]) -> int:
    """Let it happen in the middle of a request, and tell of how many."""
    wait_until(lambda: crowd.in_flight)
    in_flight = crowd.in_flight
    fault()
    return in_flight


def _kill(installed: Installed, name: str) -> None:
    before = installed.running.status()[name]
    os.kill(before["pid"], signal.SIGKILL)
    wait_until(
        lambda: installed.running.status()[name]["restarts"] > before["restarts"], 30, f"{name} was not started again"
    )
    wait_until(installed.running.is_well, 30, f"{name} did not come back")


def _stand_still(installed: Installed, crowd: Crowd, name: str) -> None:
    """It neither answers nor goes away. Selling does not need it."""
    pid = installed.running.status()[name]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        before, until = len(crowd.bought), time.monotonic() + STILL_S
        wait_until(lambda: time.monotonic() > until)
        assert len(crowd.bought) > before
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(installed.running.is_well, 30, f"{name} did not go on")


def _let_it_sell(crowd: Crowd) -> None:
    enough = len(crowd.bought) + 5
    wait_until(lambda: len(crowd.bought) >= enough or crowd.failures, 60, "nothing is sold any more")


def _everything_promised_is_there(installed: Installed, event: OnSale, crowd: Crowd) -> None:
    with Client(installed.port) as client:
        orders = [client.get(f"/api/v1/shop/orders/{one.code}", Fairgate_Secret=one.secret) for one in crowd.bought]
        holds = [client.get(f"/api/v1/shop/holds/{one['hold']}", Fairgate_Secret=one["secret"]) for one in crowd.kept]

    assert {(answer.status, answer.json["status"]) for answer in orders} == {(200, "paid")}
    assert [answer.json["tickets"] for answer in orders] == [list(one.tickets) for one in crowd.bought]
    used = {one.hold for one in crowd.bought}
    expected = {one["hold"]: "converted" if one["hold"] in used else "active" for one in crowd.kept}
    assert {answer.json["hold"]: answer.json["state"] for answer in holds} == expected


def _nothing_happened_twice(installed: Installed, event: OnSale, crowd: Crowd) -> None:
    """The buyers left with an answer to every request, so there is nothing that they do not know of."""
    orders = installed.rows(
        "SELECT o.code, o.email FROM orders_order o JOIN events_event e ON e.id = o.event_id WHERE e.slug = %s",
        event.slug,
    )
    holds = installed.rows(
        "SELECT h.id::text FROM stock_hold h JOIN events_event e ON e.id = h.event_id WHERE e.slug = %s", event.slug
    )

    assert sorted(orders) == sorted((one.code, one.email) for one in crowd.bought)
    assert sorted(hold for (hold,) in holds) == sorted(one["hold"] for one in crowd.kept)


def _each_order_has_one_mail(installed: Installed, crowd: Crowd) -> None:
    mails = installed.mails()

    assert max(Counter(mail["Message-ID"] for mail in mails).values()) == 1
    addressed = Counter(mail["To"] for mail in mails)
    assert {one.email: addressed[one.email] for one in crowd.bought} == {one.email: 1 for one in crowd.bought}
