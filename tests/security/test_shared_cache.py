"""What the door keeps for a second is the same for all: nobody is ever served what was made for someone else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.asking import Answer, Client
from tests.ben import Bought
from tests.installed import Installed
from tests.olga import OWNER, Member, OnSale
from tests.security.raw import request, send

# Ways to make a private place look like a public one, or an answer worth keeping.
TRICKS = (
    "{}", "{}?", "{}?x=1", "/{}", "{}//", "/.{}", "/static/..{}", "/accent/..{}", "/static/..%2f{}", "{}x.css",
    "{}.svg", "{}%2e", "{}.", "{};x.css", "{}%00.css", "/riverside/../{}", "{}%3fx.css",
)  # fmt: skip
ASKED = (
    {},
    {"Cache-Control": "public, max-age=600"},
    {"Cache-Control": "max-stale=600, only-if-cached"},
    {"Range": "bytes=0-"},
    {"If-None-Match": "*"},
    {"X-Forwarded-Host": "evil.example", "X-Original-URL": "/", "X-Rewrite-URL": "/static/ui/base.css"},
    {"HX-Request": "true", "HX-Boosted": "true"},
)


@pytest.fixture
def stranger(installed: Installed) -> Iterator[Client]:
    with Client(installed.port) as client:
        yield client


@pytest.mark.parametrize("trick", TRICKS)
def test_a_page_of_a_member_is_not_served_to_a_stranger(olga: Member, stranger: Client, trick: str) -> None:
    for path in ("/console/", "/console/riverside/orders/", "/accounts/password/change/"):
        for headers in ASKED:
            asked = trick.format(path)
            mine = olga.ask("GET", asked, headers=headers)
            olga.ask("HEAD", asked, headers=headers)

            theirs = stranger.ask("GET", asked, headers=headers)

            assert OWNER not in theirs.text, (asked, headers)
            assert not _shares_a_cookie(mine, theirs), (asked, headers)
            assert "Age" not in mine.headers, (asked, headers)


@pytest.mark.parametrize("trick", TRICKS)
def test_a_checkout_is_not_served_to_a_stranger(ben: Client, stranger: Client, event: OnSale, trick: str) -> None:
    checkout = _keep_places(ben, event).headers["Location"]
    for headers in ASKED:
        mine = ben.ask("GET", trick.format(checkout), headers=headers)

        theirs = stranger.ask("GET", trick.format(checkout), headers=headers)

        assert "Your details" not in theirs.text
        assert not _shares_a_cookie(mine, theirs)


def test_keeping_places_gives_its_cookies_to_nobody_else(ben: Client, stranger: Client, event: OnSale) -> None:
    mine = _keep_places(ben, event)

    answers = [
        stranger.get(f"{event.page}holds/"),
        stranger.get(event.page),
        stranger.submit(f"{event.page}holds/", **{f"quantity-{event.ticket_type}": "0"}),
        _keep_places(stranger, event),
    ]

    assert len(mine.headers.get_all("Set-Cookie", [])) == 2
    assert [answer.status for answer in answers if _shares_a_cookie(mine, answer)] == []


def test_a_public_page_is_the_same_for_a_member_a_buyer_and_a_stranger(
    olga: Member, ben: Client, stranger: Client, event: OnSale
) -> None:
    _keep_places(ben, event)
    for path in (event.page, "/riverside/", "/", event.api):
        answers = [client.ask("GET", path, headers=headers) for client in (olga, ben, stranger) for headers in ASKED]

        assert {answer.body for answer in answers if answer.status == 200} == {stranger.get(path).body}, path
        assert [answer for answer in answers if answer.headers["Set-Cookie"]] == []
        assert {answer.headers["Cache-Control"] for answer in answers if answer.status == 200} == {"public, max-age=1"}


def test_an_event_page_cannot_be_poisoned(installed: Installed, stranger: Client, event: OnSale) -> None:
    for header in ("X-Forwarded-Host: evil.example", "X-Host: evil.example", "Forwarded: host=evil.example"):
        send(installed.port, request("GET", event.page, header))
    send(installed.port, request("GET", event.page).replace(b"Host: 127.0.0.1", b"Host: evil.example"))
    send(installed.port, request("GET", f"{event.page}?<script>evil.example</script>"))

    assert "evil.example" not in stranger.get(event.page).text


def test_what_is_for_one_person_says_so(olga: Member, ben: Client, event: OnSale, bought: Bought) -> None:
    held = _keep_places(ben, event)
    answers = [
        held,
        ben.get(held.headers["Location"]),
        ben.get(bought.page),
        ben.get(f"{bought.page}tickets.pdf"),
        ben.get(f"/api/v1/shop/orders/{bought.code}", Fairgate_Secret=bought.secret),
        ben.get(f"/api/v1/shop/holds/{bought.hold}", Fairgate_Secret=bought.hold_secret),
        olga.get("/console/"),
        olga.get("/console/riverside/orders/"),
        olga.get("/gate/"),
        olga.get("/accounts/login/"),
        olga.get("/nothing/here/"),
    ]

    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}


def _keep_places(client: Client, event: OnSale) -> Answer:
    answer = client.submit(f"{event.page}holds/", **{f"quantity-{event.ticket_type}": "1"})
    assert answer.status == 303, answer.text
    return answer


def _shares_a_cookie(mine: Answer, theirs: Answer) -> bool:
    return bool({*mine.headers.get_all("Set-Cookie", [])} & {*theirs.headers.get_all("Set-Cookie", [])})
