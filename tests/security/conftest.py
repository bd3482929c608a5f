from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.asking import Client
from tests.ben import Bought, buy, hold
from tests.installed import Installed
from tests.olga import Member, OnSale

BOOKS = (
    "stock_hold", "stock_holditem", "stock_move", "orders_order", "orders_ticket", "orders_cancellation",
    "payments_payment", "outbox_message", "checkin_scan", "checkin_gategrant", "events_event", "organizers_organizer",
    "organizers_membership", "accounts_user",
)  # fmt: skip


@pytest.fixture(scope="session")
def event(olga: Member) -> OnSale:
    return olga.put_on_sale(places=500, title="Evening under attack")


@pytest.fixture(scope="session")
def held(installed: Installed, event: OnSale) -> dict[str, str]:
    """Somebody's places, not yet an order."""
    with Client(installed.port) as client:
        answer = hold(client, event)
    return {name: answer.json[name] for name in ("hold", "secret", "total")}


@pytest.fixture(scope="session")
def bought(installed: Installed, event: OnSale) -> Bought:
    with Client(installed.port) as client:
        found = buy(client, event, email="victim@example.org", name="Victoria Victim")
    installed.drain()
    return found


@pytest.fixture
def unchanged(installed: Installed, held: dict[str, str], bought: Bought) -> Iterator[None]:
    """What the test sends must leave every row as it is."""
    before = _books(installed)
    yield
    assert _books(installed) == before


def _books(installed: Installed) -> list[tuple[str, str]]:
    """A digest of each table's rows."""
    digests = (
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
        for table in BOOKS
    )
    return installed.rows(" UNION ALL ".join(digests))
