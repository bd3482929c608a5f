"""Orders and tickets are counted by what became of them, and only once it did."""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from fairgate.accounts.models import User
from fairgate.lib.metrics.names import ORDER_REQUESTS, TICKETS_CANCELED, TICKETS_ISSUED
from fairgate.lib.metrics.tests.grown import grown
from fairgate.orders.actions import cancel_order, cancel_tickets
from fairgate.orders.errors import OrderError
from fairgate.orders.place import Buyer, place_order
from fairgate.payments.models import Method
from fairgate.testing.cast import Concert, buy, hold

pytestmark = pytest.mark.django_db

BEN = Buyer("ben@example.org", "Ben Buyer", ["", ""])
MALLORY = Buyer("mallory@example.org", "Mallory", ["", ""])


def test_each_attempt_to_order_is_counted_once_and_tickets_when_it_is_placed(concert: Concert) -> None:
    held, other = hold((concert.free, 2)).hold, hold((concert.free, 2)).hold

    with grown(ORDER_REQUESTS) as attempts, grown(TICKETS_ISSUED) as issued:
        for places, key, buyer, method in (
            (held, "one", BEN, Method.FREE),
            (held, "one", BEN, Method.FREE),
            (held, "one", MALLORY, Method.FREE),
            (held, "two", BEN, Method.FREE),
            (other, "one", BEN, Method.TRANSFER),
            (uuid4(), "one", BEN, Method.FREE),
        ):
            with suppress(OrderError):
                place_order(places, key=key, buyer=buyer, method=method)

    assert attempts == {
        "placed": 1, "repeat": 1, "hold-used": 1, "key-reused": 1, "wrong-method": 1, "not-found": 1,
    }  # fmt: skip
    assert issued == {"": 2}


def test_tickets_are_counted_as_canceled_when_that_is_for_good(
    concert: Concert, olga: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    order = buy((concert.free, 3))

    with grown(TICKETS_CANCELED) as undone, django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            cancel_order(order, by=olga, reason="")
            transaction.set_rollback(True)
        order.refresh_from_db()
    with grown(TICKETS_CANCELED) as one, django_capture_on_commit_callbacks(execute=True):
        cancel_tickets(order, [order.tickets.all()[0]], by=olga, reason="")
    with grown(TICKETS_CANCELED) as rest, django_capture_on_commit_callbacks(execute=True):
        cancel_order(order, by=olga, reason="")

    assert (undone, one, rest) == ({}, {"": 1}, {"": 2})
