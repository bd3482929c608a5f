"""Two hundred people want fifty places at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.asking import Answer, Client
from tests.ben import hold, new_key, order
from tests.installed import NO_DIFFERENCES, Installed
from tests.olga import Member, OnSale

BUYERS, PLACES = 200, 50


@pytest.fixture
def two_stock_processes(installed: Installed) -> Iterator[None]:
    assert installed.running.command("scale", "stock=2").returncode == 0
    yield
    assert installed.running.command("scale", "stock=1").returncode == 0


def test_two_hundred_buyers_get_exactly_fifty_places(installed: Installed, olga: Member) -> None:
    _race(installed, olga.put_on_sale(places=PLACES))


@pytest.mark.usefixtures("two_stock_processes")
def test_two_stock_processes_sell_exactly_fifty_places_too(installed: Installed, olga: Member) -> None:
    _race(installed, olga.put_on_sale(places=PLACES))


def _race(installed: Installed, event: OnSale) -> None:
    start = threading.Barrier(BUYERS)

    with ThreadPoolExecutor(BUYERS) as crowd:
        answers = list(crowd.map(lambda number: _buy(installed, event, start, number), range(BUYERS)))

    assert Counter((held.status, placed and placed.status) for held, placed in answers) == {
        (201, 201): PLACES,
        (409, None): BUYERS - PLACES,
    }
    assert {held.problem for held, _placed in answers if held.status == 409} == {"sold-out"}
    assert _sold(installed, event) == (PLACES, PLACES, PLACES)
    with Client(installed.port) as late:
        assert hold(late, event).status == 409
    assert installed.audit() == NO_DIFFERENCES


def _buy(installed: Installed, event: OnSale, start: threading.Barrier, number: int) -> tuple[Answer, Answer | None]:
    """Every fifth sends each request twice with the same key, as an impatient program does."""
    key, order_key = new_key(), new_key()
    with Client(installed.port) as client:
        client.get(event.api)
        start.wait(30)
        held = hold(client, event, key=key)
        if number % 5 == 0:
            again = hold(client, event, key=key)
            assert again.status == held.status
            assert held.status != 201 or again.json == held.json
        if held.status != 201:
            return held, None
        email = f"rush{number}@example.org"
        placed = order(client, held.json, email=email, key=order_key)
        if number % 5 == 0:
            assert order(client, held.json, email=email, key=order_key).json == placed.json
        return held, placed


def _sold(installed: Installed, event: OnSale) -> tuple[int, ...]:
    """Places taken, tickets, and orders, as the database has them."""
    ((taken, tickets, orders),) = installed.rows(
        """
        SELECT (SELECT sum(taken) FROM stock_quota WHERE event_id = e.id),
               (SELECT count(*) FROM orders_ticket WHERE event_id = e.id),
               (SELECT count(*) FROM orders_order WHERE event_id = e.id)
          FROM events_event e WHERE e.slug = %s
        """,
        event.slug,
    )
    return taken, tickets, orders
