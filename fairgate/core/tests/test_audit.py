"""Each rule of the audit is shown to fire: a broken row that no rule notices would make a clean audit worthless."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.db import connection

from fairgate.core.audit import RULES, find_differences
from fairgate.events.models import TicketType
from fairgate.orders.actions import cancel_tickets
from fairgate.testing.cast import Concert, buy, hold

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = {
    "taken is the sum of the ledger": "UPDATE stock_quota SET taken = taken + 1",
    "taken is what is held and sold": "UPDATE stock_hold SET state = 'released' WHERE state = 'active'",
    "the ledger never passed its capacity": "UPDATE stock_move SET capacity = 1 WHERE seq = 2",
    "the ledger has every number once": "UPDATE stock_move SET seq = seq + 1000 WHERE seq = 1",
    "an ended hold gave back what it took": "UPDATE stock_hold SET state = 'expired' WHERE state = 'active'",
    "a hold took places for each item": "UPDATE stock_holditem SET quantity = quantity + 1",
    "a converted hold is one order": "UPDATE stock_hold SET state = 'active' WHERE state = 'converted'",
    "an order has the tickets of its hold": "DELETE FROM orders_ticket WHERE position = 3",
    "a canceled ticket returned its places": "DELETE FROM stock_move WHERE kind = 'return'",
    "a place was returned for a canceled ticket alone": "DELETE FROM orders_cancellation",
    "a seated quota counts its seats": "UPDATE stock_seat SET is_blocked = true WHERE number = '10'",
    "a taken seat has its hold or its ticket": "UPDATE stock_seattaken SET hold_id = gen_random_uuid()",
    "a good ticket has its seat": "DELETE FROM stock_seattaken",
    "an order costs what its good tickets cost": "UPDATE orders_order SET gross = gross + 1, net = net + 1",
    "an order is canceled when all its tickets are": "UPDATE orders_order SET state = 'canceled'",
    "a paid order has its payment": "UPDATE payments_payment SET state = 'void', received_at = NULL",
    "an order has its message": "DELETE FROM outbox_message",
}


@pytest.fixture
def books(concert: Concert, stalls: TicketType) -> None:
    """Books with a bit of everything."""
    hold((stalls, 2))
    buy((stalls, 2))
    hold((concert.standard, 2))
    buy((concert.free, 3))
    order = buy((concert.standard, 4))
    cancel_tickets(order, [order.tickets.all()[0]], by=None, reason="")


def test_clean_books_have_no_differences(books: None) -> None:
    assert find_differences() == []


def test_every_rule_has_its_fault() -> None:
    assert set(FAULTS) == set(RULES)


@pytest.mark.parametrize("rule", FAULTS)
def test_fault_is_found(books: None, rule: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FAULTS[rule])

    assert rule in {difference.rule for difference in find_differences()}


def test_command_ends_with_1_and_names_the_differences(books: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit_stock", "--json")
    assert json.loads(capsys.readouterr().out) == {"differences": 0, "found": []}

    with connection.cursor() as cursor:
        cursor.execute("UPDATE stock_quota SET taken = taken + 1")
    with pytest.raises(SystemExit, match="1"):
        call_command("audit_stock", "--json")
    assert json.loads(capsys.readouterr().out)["differences"] > 0
