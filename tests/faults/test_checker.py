"""The checker believes a good sale, and finds each way in which a sale can be bad."""

from __future__ import annotations

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from fairgate.core.audit import find_differences
from tests.faults import bad
from tests.faults.bad import Told
from tests.faults.checker import RULES, check
from tests.faults.facts import Facts
from tests.faults.history import Recorder, read_history
from tests.faults.ledger import read_ledger
from tests.faults.sale import Sale, a_pool, make_offer

pytestmark = pytest.mark.django_db

BUYERS, ROUNDS = 12, 20


@pytest.fixture(scope="module")
def good(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A sale that really happened, and the books that it left."""
    path = tmp_path_factory.mktemp("history") / "history.jsonl"
    its = connection.settings_dict
    with django_db_blocker.unblock():
        connection.ensure_connection()
        url = f"postgresql://{its['USER']}:{its['PASSWORD']}@{its['HOST']}:{its['PORT']}/{its['NAME']}"
        try:
            offer = make_offer("recorded")
            with a_pool(url, BUYERS) as pool, Recorder(path) as recorder:
                sale = Sale(offer, pool, recorder)
                sale.run(BUYERS, ROUNDS)
                sale.afterwards()
            assert find_differences() == []
            with psycopg.connect(url, autocommit=True) as conn:
                ledger = read_ledger(conn, [offer.event])
        finally:
            call_command("flush", verbosity=0, interactive=False)
            connection.close()
    with path.open() as lines:
        return Told(read_history(lines), ledger)


def test_a_good_sale_is_believed(good: Told) -> None:
    assert check(good.history, good.ledger) == []


BAD = {name: change for name, change in vars(bad).items() if name.partition("__")[0] in {b.__name__ for _, b in RULES}}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_sale_is_found_by_its_rule_alone(good: Told, name: str) -> None:
    changed = BAD[name](good)

    facts = Facts(changed.history, changed.ledger)
    found = {(rule, broken.__name__) for rule, broken in RULES if list(broken(facts))}

    wanted = name.partition("__")[0]
    assert {rule for rule, _ in found} == {rule for rule, broken in RULES if broken.__name__ == wanted}
    assert wanted in {by for _, by in found}


def test_each_rule_is_tried() -> None:
    assert {name.partition("__")[0] for name in BAD} == {broken.__name__ for _, broken in RULES}
