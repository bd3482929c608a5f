"""Where all servers are busy: who waits, how long, and who goes past them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPConnection

import pytest

from fairgate.lib import clock
from fairgate.lib.overload.wsgi import RANKS
from fairgate.runtime.tests.asking import Answer
from fairgate.runtime.tests.open_door import OpenDoor
from fairgate.testing.waiting import wait_until

OpenFreshDoor = Callable[..., OpenDoor]
PATIENT = {"web": "60s", "stock": "60s", "gate": "60s"}
# How long the door keeps a connection on which nothing is said.
SILENCE_S = 10
HASTY = {"web": "50ms", "stock": "50ms", "gate": "50ms"}


@pytest.mark.parametrize(
    ("method", "path", "rank"),
    [
        ("GET", "/riverside/rush/?past=caches", "looks"),
        ("GET", "/checkout/9f/", "pays"),
        ("POST", "/api/v1/shop/holds/9f/order", "pays"),
        ("POST", "/api/v1/shop/riverside/rush/holds", "holds"),
        ("POST", "/riverside/rush/holds/", "holds"),
        ("DELETE", "/api/v1/shop/holds/9f", "holds"),
        ("GET", "/orders/A/b/", "has-bought"),
        ("GET", "/console/", "works"),
        ("POST", "/accounts/login/", "works"),
    ],
)
def test_each_place_has_its_rank(door: OpenDoor, method: str, path: str, rank: str) -> None:
    said = door.ask(path, method).json["headers"]["x-request-rank"]

    assert said == rank
    assert said in RANKS


def test_mallory_cannot_say_that_she_pays_or_waits_for_long(door: OpenDoor) -> None:
    before_ms = int(clock.now().timestamp() * 1000)

    said = door.ask("/?past=caches", X_Request_Rank="pays", X_Request_Start="1").json["headers"]

    assert said["x-request-rank"] == "looks"
    assert before_ms <= int(said["x-request-start"]) <= before_ms + 60_000


def test_who_looks_is_told_soon_and_who_pays_goes_past(fresh_door: OpenFreshDoor) -> None:
    door = fresh_door(web=1, queues=HASTY)
    with ThreadPoolExecutor(4) as visitors:
        _fill(door, visitors)

        page, api = door.ask("/?2"), door.ask("/api/v1/shop/riverside/rush?2")
        paying = visitors.submit(door.ask, "/checkout/9f/")
        _until_inside(door, 3)
        door.servers["web"].is_open.set()

    assert (page.status, page.headers["retry-after"]) == (503, "2")
    assert page.headers["content-type"].startswith("text/html")
    assert (api.status, api.headers["content-type"]) == (503, "application/problem+json")
    assert paying.result().status == 200


def test_who_has_bought_comes_before_who_looks(fresh_door: OpenFreshDoor) -> None:
    door = fresh_door(web=1, queues=PATIENT)
    web = door.servers["web"]
    web.is_open.clear()
    paths = ["/?1", "/?2", "/orders/A/b/"]
    with ThreadPoolExecutor(len(paths)) as visitors:
        for number, path in enumerate(paths):
            visitors.submit(door.ask, path)
            # The first is inside, the others wait for it, one behind the other.
            wait_until(lambda number=number: door.waiting("web") == number and web.visitors == 1)  # type: ignore[misc]
        web.is_open.set()

    assert [seen["path"] for seen in web.seen] == ["/?1", "/orders/A/b/", "/?2"]


def test_who_comes_to_a_long_line_is_told_at_once(fresh_door: OpenFreshDoor) -> None:
    door = fresh_door(web=1, queues=PATIENT, most_in_line=1)
    with ThreadPoolExecutor(4) as visitors:
        first = _fill(door, visitors)[0]
        waiting = [visitors.submit(door.ask, f"/?waits{number}") for number in range(2)]
        wait_until(lambda: door.waiting("web") == 2)

        late = door.ask("/?late")
        door.servers["web"].is_open.set()

    assert late.status == 503
    assert [one.result().status for one in (first, *waiting)] == [200, 200, 200]


def _fill(door: OpenDoor, visitors: ThreadPoolExecutor) -> list[Future[Answer]]:
    """All that web works on at a time, for people and for programs."""
    door.servers["web"].is_open.clear()
    inside = [visitors.submit(door.ask, path) for path in ("/?1", "/api/v1/shop/riverside/rush?1")]
    _until_inside(door, 2)
    return inside


def _until_inside(door: OpenDoor, count: int) -> None:
    wait_until(lambda: door.servers["web"].visitors == count)


def test_who_reads_in_silence_leaves_half_of_the_door_to_others(fresh_door: OpenFreshDoor) -> None:
    """Ten more come than there are connections, one after the other, and nobody hangs up."""
    door = fresh_door(connections=20)

    visitors = [HTTPConnection("127.0.0.1", door.port, timeout=SILENCE_S - 2) for _ in range(30)]
    for visitor in visitors:
        visitor.request("GET", "/riverside/rush/")
        assert visitor.getresponse().read()

    assert sum(visitor.sock is not None for visitor in visitors) == 10
    for visitor in visitors:
        visitor.close()
    wait_until(lambda: "connection" not in door.ask("/riverside/rush/").headers)
