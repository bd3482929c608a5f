"""The door counts who asks for an event's page, and tells web with what it does not answer itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fairgate.runtime.tests.open_door import OpenDoor
from fairgate.runtime.tests.test_door_cache import PUBLIC, place

HEADER = "x-page-views"


def told(door: OpenDoor, path: str, **headers: Any) -> str | None:
    views: str | None = door.ask(path, **headers).json["headers"].get(HEADER)
    return views


def test_every_look_at_an_events_page_is_counted(door: OpenDoor) -> None:
    path, other = place(), place()

    assert [told(door, path) for _ in range(3)] == ["1", "2", "3"]
    assert told(door, other) == "1"


def test_what_the_door_answers_itself_is_counted_too(door: OpenDoor) -> None:
    path = place()
    kept = [door.ask(path, X_Answer=json.dumps(PUBLIC)).json["number"] for _ in range(20)]

    # A query is never kept, so this one gets through; it is the same page.
    assert len(set(kept)) < 20
    assert told(door, f"{path}?page=2") == "21"


def test_nobody_else_tells_how_many_look(door: OpenDoor) -> None:
    assert told(door, place(), X_Page_Views="1000") == "1"


@pytest.mark.parametrize("path", ["/", "/riverside/", "/console/orders/", "/accounts/login/", "/tickets/"])
def test_other_pages_are_not_counted(path: str, door: OpenDoor) -> None:
    assert told(door, path) is None
