"""Who sends half a request keeps nobody else waiting."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.asking import Client
from tests.installed import Installed
from tests.olga import OnSale
from tests.security import raw
from tests.security.raw import TIMEOUT_S

# More than there are threads in web, stock and gate together.
CONNECTIONS = 60


@pytest.fixture(params=[(9, 0), (40_000, 20_000)], ids=["small", "larger than the door's buffer"])
def half_requests(request: pytest.FixtureRequest, installed: Installed, event: OnSale) -> Iterator[None]:
    """Forms whose content never comes, or stops in the middle."""
    announced, sent = request.param
    with ExitStack() as open_ones:
        for number in range(CONNECTIONS):
            path = ("/tickets/", f"{event.page}holds/", "/accounts/login/")[number % 3]
            connection = socket.create_connection(("127.0.0.1", installed.port), timeout=TIMEOUT_S)
            open_ones.enter_context(connection)
            form = "Content-Type: application/x-www-form-urlencoded"
            connection.sendall(raw.request("POST", path, form, f"Content-Length: {announced}", length=False))
            connection.sendall(b"x" * sent)
        yield


@pytest.mark.usefixtures("half_requests")
def test_half_requests_keep_nobody_waiting(ben: Client, event: OnSale) -> None:
    started = time.monotonic()

    statuses = [ben.get(path).status for path in ("/tickets/", "/accounts/login/", f"{event.page}?x", "/gate/")]
    kept = ben.submit(f"{event.page}holds/", **{f"quantity-{event.ticket_type}": "1"})

    assert [*statuses, kept.status] == [200, 200, 200, 303, 303]
    assert time.monotonic() - started < 3
