"""The requests of one purchase are tied in the logs, by a word that opens nothing."""

from __future__ import annotations

import json
from typing import Any

from fairgate.testing.waiting import wait_until
from tests.asking import Client
from tests.ben import buy, hold
from tests.installed import Installed
from tests.olga import OnSale


def test_the_story_of_a_purchase_goes_from_its_hold_to_its_mail(installed: Installed, event: OnSale) -> None:
    with Client(installed.port) as client:
        other = hold(client, event).headers["X-Request-Id"]
        held = client.submit(f"{event.page}holds/", **{f"quantity-{event.ticket_type}": "1"})
        placed = client.submit(held.headers["Location"], name="Ben", email="ben@example.org", payment="free")
        shown = client.get(placed.headers["Location"])
    ids = [answer.headers["X-Request-Id"] for answer in (held, placed, shown)]
    assert (held.status, placed.status, shown.status) == (303, 302, 200)

    told = _told(installed, ids[2])

    assert told["requests"] == ids
    assert {line["process"] for line in told["lines"]} >= {"door", "stock-1", "web-1", "relay-1", "worker-1"}
    assert other not in json.dumps(told)


def test_programs_are_followed_too(installed: Installed, event: OnSale) -> None:
    with Client(installed.port) as client:
        bought = buy(client, event)
    placed = bought.answer.headers["X-Request-Id"]

    told = _told(installed, placed)

    assert len(told["requests"]) == 2
    assert told["requests"][1] == placed
    assert {line.get("route") for line in told["lines"] if line["process"] == "stock-1"} >= {
        "/api/v1/shop/<organizer>/<event>/holds"
    }


def _told(installed: Installed, request: str) -> Any:
    """Once a worker has made the mail, which is the last that happens."""
    told: dict[str, Any] = {}

    def is_whole() -> bool:
        told.update(json.loads(installed.running.command("logs", "--request", request, "--json").stdout or "{}"))
        return "worker-1" in {line["process"] for line in told.get("lines", ())}

    installed.drain()
    wait_until(is_whole, 30, "no line of a worker")
    return told
