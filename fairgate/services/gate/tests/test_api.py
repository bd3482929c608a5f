"""The gate as programs use it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from fairgate.checkin.actions import ensure_default_list
from fairgate.checkin.models import CheckinList, GateGrant, Scan
from fairgate.events.models import TicketType
from fairgate.lib import signing
from fairgate.orders.models import Ticket
from fairgate.services.gate.tests.conftest import Gate, code_of
from fairgate.testing.cast import Concert, buy, make_concert, make_organizer, make_stalls

URL = "/api/v1/gate/scans"


def test_a_scan_says_whose_ticket_it_is(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    answer = _post(gate, {"code": code_of(ticket), "list": everyone.pk})

    assert answer == {
        "result": "admitted",
        "ticket": {"reference": ticket.reference, "type": "Free", "name": "Ben Buyer"},
    }


def test_a_scan_says_which_seat(gate: Gate, everyone: CheckinList, concert: Concert) -> None:
    stalls = make_stalls(concert)
    TicketType.objects.filter(pk=stalls.pk).update(price=0)
    ticket = buy((stalls, 1)).tickets.get()

    answer = _post(gate, {"code": code_of(ticket), "list": everyone.pk})

    assert answer["ticket"]["seat"] == "Stalls, row A, seat 5"
    page = gate.client.post(f"/gate/{everyone.pk}/", data={"code": code_of(ticket)}).text
    assert "Stalls, row A, seat 5" in page


def test_a_second_scan_names_the_first(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    _post(gate, {"code": code_of(ticket), "list": everyone.pk, "at": at.isoformat(), "device": "Reader 7"})

    answer = _post(gate, {"code": code_of(ticket), "list": everyone.pk})

    assert answer["result"] == "already"
    assert answer["first_scan"]["device"] == "Reader 7"
    assert datetime.fromisoformat(answer["first_scan"]["at"]) == at


def test_what_is_not_known_has_no_ticket(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    assert _post(gate, {"code": "hello", "list": everyone.pk}) == {"result": "unknown", "ticket": None}
    forged = signing.sign("mallory" * 5, ticket.event_id, ticket.pk)
    assert _post(gate, {"code": forged, "list": everyone.pk}) == {"result": "forged", "ticket": None}


def test_an_upload_answers_in_its_own_order(gate: Gate, everyone: CheckinList, concert: Concert) -> None:
    one, other = buy((concert.free, 2)).tickets.all()
    codes = [code_of(other), "hello", code_of(one), code_of(other)]

    answers = _post(gate, [{"code": code, "list": everyone.pk} for code in codes])

    assert [answer["result"] for answer in answers] == ["admitted", "unknown", "admitted", "already"]


def test_an_upload_sent_again_gets_the_same_answers(gate: Gate, everyone: CheckinList, concert: Concert) -> None:
    tickets = buy((concert.free, 3)).tickets.all()
    at = datetime.now(UTC) - timedelta(hours=1)
    upload = [
        {"code": code_of(ticket), "list": everyone.pk, "at": (at + timedelta(seconds=n)).isoformat(), "device": "R1"}
        for n, ticket in enumerate(tickets)
    ]

    first, second = _post(gate, upload), _post(gate, upload)

    assert first == second
    assert Scan.objects.count() == 3


def test_no_clock_of_a_device_makes_the_future(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    _post(gate, {"code": code_of(ticket), "list": everyone.pk, "at": "2099-01-01T00:00:00Z"})

    assert Scan.objects.get().at < datetime.now(UTC) + timedelta(minutes=1)


def test_500_scans_are_taken_at_once_and_501_are_not(gate: Gate, everyone: CheckinList) -> None:
    scan = {"code": "hello", "list": everyone.pk}

    assert len(_post(gate, [scan] * 500)) == 500
    assert _post(gate, [scan] * 501, status=422)["errors"] == {"body": "This is too long."}
    assert _post(gate, [], status=422)["errors"] == {"body": "This is too short."}


def test_an_upload_with_a_foreign_list_is_refused_as_a_whole(gate: Gate, everyone: CheckinList) -> None:
    foreign = ensure_default_list(make_concert(make_organizer("elsewhere")).event)

    problem = _post(gate, [{"code": "x", "list": everyone.pk}, {"code": "x", "list": foreign.pk}], status=404)

    assert problem["type"].endswith("/not-found")
    assert Scan.objects.count() == 0


def test_a_cookie_opens_the_api_to_our_own_pages_alone(gate: Gate, everyone: CheckinList) -> None:
    body = {"code": "hello", "list": everyone.pk}

    own = gate.client.post(URL, json=body, headers={"Sec-Fetch-Site": "same-origin"})
    other = gate.client.post(URL, json=body, headers={"Sec-Fetch-Site": "cross-site"})

    assert own.status_code == 200
    assert other.status_code == 403
    assert other.get_json()["type"].endswith("/cross-site")


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Bearer ", "Basic abc", "Bearer ä"])
def test_without_a_grant_nothing_is_scanned(app: Flask, everyone: CheckinList, authorization: str) -> None:
    response = app.test_client().post(
        URL, json={"code": "hello", "list": everyone.pk}, headers={"Authorization": authorization}
    )

    assert response.status_code == 401
    assert response.content_type == "application/problem+json"
    assert Scan.objects.count() == 0


def test_a_bearer_of_a_revoked_grant_is_refused(gate: Gate, everyone: CheckinList) -> None:
    GateGrant.objects.update(revoked_at=datetime.now(UTC))

    _post(gate, {"code": "hello", "list": everyone.pk}, status=401)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": None}, "code"),
        ({"code": 7}, "code"),
        ({"code": "a\x00b"}, "code"),
        ({"code": "x" * 1_001}, "code"),
        ({"list": "1"}, "list"),
        ({"list": 1.5}, "list"),
        ({"list": 0}, "list"),
        ({"list": -1}, "list"),
        ({"list": 10**30}, "list"),
        ({"list": True}, "list"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-01-01T00:00:00"}, "at"),
        ({"at": 5}, "at"),
        ({"device": "x" * 101}, "device"),
        ({"device": "\x1b[2J"}, "device"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_field_is_named(gate: Gate, everyone: CheckinList, change: dict[str, Any], field: str) -> None:
    problem = _post(gate, {"code": "hello", "list": everyone.pk, **change}, status=422)

    assert list(problem["errors"]) == [field]
    assert problem["errors"][field].endswith(".")
    assert Scan.objects.count() == 0


def test_a_wrong_field_of_an_upload_is_named_with_its_place(gate: Gate, everyone: CheckinList) -> None:
    problem = _post(gate, [{"code": "hello", "list": everyone.pk}, {"list": everyone.pk}], status=422)

    assert problem["errors"] == {"[1].code": "This field is required."}


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"nonsense", b"null", b"7", b'"x"', b"\x00", b"[[[]]]"),
        *(b"[" * 100_000, b'{"a":' * 50_000),
        *(b'{"code": "\xff", "list": 1}', b'{"code": "\\ud800", "list": 1}'),
    ],
)
def test_a_broken_body_is_refused(gate: Gate, raw: bytes) -> None:
    response = gate.client.post(URL, data=raw, headers=gate.bearer)

    assert response.status_code in (400, 422)
    assert response.content_type == "application/problem+json"
    assert Scan.objects.count() == 0


def test_a_huge_body_is_refused(gate: Gate) -> None:
    response = gate.client.post(URL, data=b"[" + b" " * 10_000_000, headers=gate.bearer)

    assert response.status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_refused(gate: Gate, method: str) -> None:
    response = gate.client.open(URL, method=method, headers=gate.bearer)

    assert response.status_code == 405
    assert response.get_json()["type"].endswith("/method-not-allowed")


def _post(gate: Gate, body: Any, *, status: int = 200) -> Any:
    response = gate.client.post(URL, data=json.dumps(body), headers=gate.bearer)
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_json(force=True)
