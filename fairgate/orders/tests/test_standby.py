"""With a synchronous standby, an order is told when it would survive the loss of the primary."""

from __future__ import annotations

import threading

import psycopg

from fairgate.testing.pair import Pair

HOLD = """
from fairgate.testing.cast import hold, make_concert, make_organizer
print(hold((make_concert(make_organizer("riverside")).free, 1)).hold)
"""
PLACE = """
from uuid import UUID
from django.db import OperationalError
from fairgate.orders.place import Buyer, place_order
from fairgate.payments.models import Method
ben = Buyer("ben@example.org", "Ben", ["Ben"])
while True:
    try:
        print(place_order(UUID("{hold}"), key="one", buyer=ben, method=Method.FREE))
        break
    except OperationalError as error:
        print(type(error.__cause__).__name__)
"""


def test_an_order_whose_wait_was_canceled_is_unknown_until_the_standby_has_it() -> None:
    with Pair() as pair:
        pair.migrate()
        hold = run(pair, HOLD)
        said: list[str] = []
        pair.pause_standby()
        placing = threading.Thread(target=lambda: said.append(run(pair, PLACE.format(hold=hold))))
        placing.start()

        pair.cancel_commit()
        pair.wait_for_commit()
        is_unanswered = placing.is_alive()
        pair.resume_standby()
        placing.join(30)
        pair.kill_primary()
        pair.promote()

        with psycopg.connect(pair.url) as conn:
            orders = [code for (code,) in conn.execute("SELECT code FROM orders_order")]
        assert is_unanswered
        assert said == [f"WaitCanceled\n{orders[0]}"]
        assert len(orders) == 1


def run(pair: Pair, code: str) -> str:
    return pair.manage("shell", "--no-imports", "--command", code).strip()
