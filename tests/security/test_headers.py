"""What every answer tells the browser, whoever gives it: web, stock, gate or the door itself."""

from __future__ import annotations

import pytest

from tests.asking import Client
from tests.ben import Bought
from tests.installed import Installed
from tests.olga import Member, OnSale
from tests.security.raw import request, send

PATHS = [
    "/",
    "/riverside/",
    "/riverside/rush/",
    "/tickets/",
    "/nothing/here/",
    "/accounts/login/",
    "/admin/login/",
    "/console/",
    "/gate/",
    "/gate/1/",
    "/api/v1/shop/riverside/rush",
    "/api/v1/shop/nobody/nothing",
    "/checkout/nothing/",
    "/api/v1/shop/holds/nothing",
    "/static/ui/nothing.css",
    "/accent/be185d.css",
    "/cover/be185d/rush.svg",
    "/%00",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_address(installed: Installed, olga: Member, path: str) -> None:
    for headers in ({}, {"Cookie": olga.session}):
        with Client(installed.port) as client:
            _is_guarded(client.ask("GET", path, headers=headers).headers)


def test_every_step_of_a_purchase(ben: Client, event: OnSale, bought: Bought) -> None:
    held = ben.submit(f"{event.page}holds/", **{f"quantity-{event.ticket_type}": "1"})
    checkout = held.headers["Location"]
    answers = [
        held,
        ben.get(checkout),
        ben.submit(checkout, name="", email=""),
        ben.submit(f"{event.page}holds/"),
        ben.submit(f"{checkout}release/"),
        ben.get(bought.page),
        ben.get(f"{bought.page}tickets.pdf"),
        ben.get(f"{bought.page}calendar.ics"),
        ben.get(f"{bought.page}{bought.tickets[0]['reference']}.svg"),
    ]

    for answer in answers:
        _is_guarded(answer.headers)
    assert {answer.headers["Referrer-Policy"] for answer in answers[5:]} == {"no-referrer"}


def test_answers_of_the_door_itself(installed: Installed) -> None:
    too_large = send(installed.port, request("POST", "/tickets/", body=b"x" * 2_000_000))
    unreadable = send(installed.port, request("GET", "/%00"))

    assert [answer.status for answer in (too_large, unreadable)] == [413, 400]
    for answer in (too_large, unreadable):
        _is_guarded(answer.header)
        assert "server" not in answer.header


def test_cookies_are_for_this_site_alone(olga: Member, ben: Client, event: OnSale) -> None:
    held = ben.submit(f"{event.page}holds/", **{f"quantity-{event.ticket_type}": "1"})
    sign_in = olga.get("/accounts/password/change/")
    cookies = [*held.headers.get_all("Set-Cookie", []), *sign_in.headers.get_all("Set-Cookie", [])]

    assert cookies != []
    assert [
        cookie for cookie in cookies if "httponly" not in cookie.lower() or "samesite=lax" not in cookie.lower()
    ] == []


def _is_guarded(headers: object) -> None:
    found = {name.lower(): value for name, value in dict(headers).items()}  # type: ignore[call-overload]
    policy = dict(part.strip().partition(" ")[::2] for part in found["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in found["content-security-policy"]
    assert found["x-content-type-options"] == "nosniff"
    assert found["referrer-policy"] in ("same-origin", "no-referrer")
    assert found["x-request-id"]
