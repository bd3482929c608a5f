"""Whatever is typed into whichever field of whichever form: an answer with a sentence, never an error of ours."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from fairgate.checkin.actions import ensure_default_list
from fairgate.organizers.models import Membership, Organizer
from fairgate.testing.cast import Concert, buy

NASTY = [
    "",
    "\0",
    "a\0b",
    "-1",
    "1.5",
    "1000000000",
    "9" * 400,
    "x" * 30_000,
    "NaN",
    "'; --",
    "<b>",
    "\ud7ff\u202e",
    "[]",
]
FIELD = re.compile(r'<(input|select|textarea)[^>]*\bname="(\w+)"[^>]*>')


@pytest.fixture
def forms(concert: Concert, riverside: Organizer, olga: Any) -> list[str]:
    base, event = "/console/riverside", "/console/riverside/events/concert"
    order = buy((concert.standard, 2))
    ticket = order.tickets.all()[0]
    return [
        f"{base}/new-event/",
        f"{base}/settings/",
        f"{base}/team/",
        f"{base}/orders/{order.code}/cancellation/?ticket={ticket.reference}",
        f"{event}/details/",
        f"{event}/sessions/",
        f"{event}/sessions/{concert.session.pk}/",
        f"{event}/ticket-types/",
        f"{event}/ticket-types/{concert.standard.pk}/",
        f"{event}/quotas/",
        f"{event}/quotas/{concert.quota.pk}/",
        f"{event}/check-in-lists/",
        f"{event}/check-in-lists/{ensure_default_list(concert.event).pk}/",
        f"{base}/gate/",
        "/console/gate/",
        f"{base}/team/{Membership.objects.get().pk}/",
    ]


@pytest.mark.parametrize("nasty", NASTY)
def test_every_field_at_once(nasty: str, forms: list[str], as_olga: Client) -> None:
    for address in forms:
        names = fields_of(as_olga.get(address).content.decode()) or {"role": ""}

        response = as_olga.post(address, dict.fromkeys(names, nasty))

        assert response.status_code in (201, 302, 422), address


@pytest.mark.parametrize("nasty", ["\0", "-1", "1000000000", "x" * 30_000])
def test_each_field_by_itself(nasty: str, forms: list[str], as_olga: Client) -> None:
    for address in forms:
        shown = fields_of(as_olga.get(address).content.decode()) or {"role": ""}
        for name in shown:
            response = as_olga.post(address, {**shown, name: nasty})

            assert response.status_code in (201, 302, 422), (address, name)


@pytest.mark.parametrize(
    "body",
    [b"title=%FF%FE", b"\xff\xfe\x00", b"=", b"&" * 1000, b"a=" * 400, b"title=" + b"%00" * 100],
)
def test_bodies_that_are_no_form(body: bytes, forms: list[str], as_olga: Client) -> None:
    for address in forms:
        response = as_olga.post(address, body, content_type="application/x-www-form-urlencoded")

        assert response.status_code in (302, 400, 422), address


def test_a_body_that_is_too_large_is_refused(forms: list[str], as_olga: Client) -> None:
    response = as_olga.post(forms[0], {"title": "x" * 2_000_000})

    assert response.status_code in (400, 413)


@pytest.mark.parametrize(
    "path",
    [
        "/console/river%00side/", "/console/%FF/", "/console/riverside/events/%00/",
        "/console/riverside/orders/%C3%28/",
        "/console/riverside/events/concert/sessions/99999999999999999999999/",
        "/console/riverside/events/concert/ticket-types/0/", "/console/riverside/events/concert/quotas/x/",
        "/console/riverside/events/concert/check-in-lists/99999999999999999999999/",
        "/console/riverside/gate/not-a-uuid/revocation/", "/console/riverside/team/99999999999999999999/removal/",
    ],
)  # fmt: skip
def test_addresses_of_nothing(path: str, as_olga: Client, concert: Concert) -> None:
    assert as_olga.post(path).status_code == 404


def fields_of(page: str) -> dict[str, str]:
    """The names of a page's fields with what an input shows."""
    main = page.partition("<main")[2]
    found = {}
    for match in FIELD.finditer(main):
        value = re.search(r'\bvalue="([^"]*)"', match[0])
        if match[2] != "csrfmiddlewaretoken":
            found[match[2]] = unescape(value[1]) if value else ""
    return found
