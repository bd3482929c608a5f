"""The checker believes a good sale, and finds each way in which a sale can be bad."""

from __future__ import annotations

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from fairgate.core.audit import find_differences
from tests.faults.checker import check
from tests.faults.history import Operation, Recorder, read_history
from tests.faults.ledger import Ledger, read_ledger
from tests.faults.sale import Sale, a_pool, make_offer

pytestmark = pytest.mark.django_db

BUYERS, ROUNDS = 12, 20


@pytest.fixture(scope="module")
def good(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Operation], Ledger]:
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
                sale.expire_all()
            assert find_differences() == []
            with psycopg.connect(url, autocommit=True) as conn:
                ledger = read_ledger(conn, [offer.event])
        finally:
            call_command("flush", verbosity=0, interactive=False)
            connection.close()
    with path.open() as lines:
        return read_history(lines), ledger


def test_a_good_sale_is_believed(good: tuple[list[Operation], Ledger]) -> None:
    history, ledger = good
    assert check(history, ledger) == []
