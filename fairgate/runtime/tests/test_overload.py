"""A web and a gate process that are asked for more than they can do."""

from __future__ import annotations

import time

import pytest

from fairgate.runtime.tests.asking import ask
from fairgate.runtime.tests.running import Running

LATE_S = 7


@pytest.fixture(params=["web", "gate"])
def port(running: Running, request: pytest.FixtureRequest) -> int:
    """Asked past the door, which would not pass on what a visitor says of when it came."""
    return int(running.status()[f"{request.param}-1"]["port"])


def test_what_came_too_long_ago_is_refused_in_words_for_its_audience(port: int) -> None:
    now_ms = round(time.time() * 1000)
    ask(port, "/nothing/", X_Request_Start=str(now_ms))
    late = {"X_Request_Start": str(now_ms - LATE_S * 1000)}

    page, api = ask(port, "/nothing/", **late), ask(port, "/api/v1/shop/nobody/nothing", **late)

    assert (page.status, page.headers["retry-after"]) == (503, "1")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "sha256-" in page.headers["content-security-policy"]
    assert (api.status, api.headers["retry-after"], api.json["type"].rpartition("/")[2]) == (503, "1", "busy")


def test_who_pays_is_served_all_the_same(port: int) -> None:
    now_ms = round(time.time() * 1000)
    ask(port, "/nothing/", X_Request_Start=str(now_ms))

    paying = ask(port, "/nothing/", X_Request_Start=str(now_ms - LATE_S * 1000), X_Request_Rank="pays")

    assert paying.status == 404


def test_a_probe_needs_no_turn(port: int) -> None:
    assert ask(port, "/health/ready", X_Request_Start="0").status == 200
