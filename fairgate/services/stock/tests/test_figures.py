"""What is asked of the stock is counted by what it was told, with lanes and without."""

from __future__ import annotations

import uuid

from werkzeug.test import Client

from fairgate.lib.metrics.names import HOLD_REQUESTS
from fairgate.lib.metrics.tests.grown import grown
from fairgate.services.stock.tests.test_api import ask, items
from fairgate.testing.cast import Concert


def test_each_request_is_counted_once_by_its_outcome(ben: Client, concert: Concert) -> None:
    key = str(uuid.uuid4())

    with grown(HOLD_REQUESTS) as requests:
        for _ in range(2):
            ask(ben, items((concert.free.pk, 1)), key)
        ask(ben, items((concert.free.pk, 2)), key)

    assert requests == {"held": 1, "repeat": 1, "key-reused": 1}
