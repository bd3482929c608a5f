"""What is asked of the stock is counted by what it was told, with lanes and without."""

from __future__ import annotations

import uuid

from werkzeug.test import Client

from fairgate.lib.metrics.names import HOLD_REQUESTS
from fairgate.services.stock.tests.test_api import ask, items
from fairgate.testing.cast import Concert


def counted() -> dict[str, float]:
    (family,) = HOLD_REQUESTS.collect()
    return {sample.labels["outcome"]: sample.value for sample in family.samples}


def test_each_request_is_counted_once_by_its_outcome(ben: Client, concert: Concert) -> None:
    before = counted()
    key = str(uuid.uuid4())

    for _ in range(2):
        ask(ben, items((concert.free.pk, 1)), key)
    ask(ben, items((concert.free.pk, 2)), key)

    after = counted()
    grown = {outcome: after[outcome] - before[outcome] for outcome in after if after[outcome] != before[outcome]}
    assert grown == {"held": 1, "repeat": 1, "key-reused": 1}
