"""Lists that an organizer makes in the console, and keys for programs, as the gate honors them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from flask import Flask
from flask.testing import FlaskClient

from fairgate.accounts.models import User
from fairgate.checkin.models import CheckinList, GateGrant
from fairgate.events.models import Session, TicketType
from fairgate.lib import clock
from fairgate.orders.models import Ticket
from fairgate.organizers.models import Membership, Organizer, Role
from fairgate.services.gate.tests.conftest import Gate, code_of
from fairgate.stock.models import Draw, Quota
from fairgate.testing.cast import Concert, buy, make_concert, make_member, make_organizer

LISTS = "/console/riverside/events/concert/check-in-lists/"


@pytest.fixture
def olga(riverside: Organizer) -> Client:
    client = Client()
    client.force_login(make_member(riverside, "olga@example.org", Role.OWNER))
    return client


@pytest.fixture
def encore(concert: Concert) -> TicketType:
    """A free ticket to another date of the concert."""
    day = timedelta(days=1)
    starts_at, ends_at = concert.session.starts_at + day, concert.session.ends_at + day
    session = Session.objects.create(event=concert.event, starts_at=starts_at, ends_at=ends_at)
    kind = TicketType.objects.create(event=concert.event, session=session, name="Encore", price=0)
    quota = Quota.objects.create(event=concert.event, session=session, name="Hall", capacity=10)
    Draw.objects.create(ticket_type=kind, quota=quota)
    return kind


def test_a_list_for_a_date_sends_on_the_tickets_of_another(
    olga: Client, gate: Gate, concert: Concert, encore: TicketType, ticket: Ticket
) -> None:
    olga.post(LISTS, {"name": "Encore", "session": encore.session_id})
    theirs = buy((encore, 1)).tickets.get()

    assert _results(gate, "Encore", ticket, theirs) == ["wrong-list", "admitted"]


def test_a_list_for_a_ticket_type_sends_on_the_others(
    olga: Client, gate: Gate, concert: Concert, encore: TicketType, ticket: Ticket
) -> None:
    olga.post(LISTS, {"name": "Encore", "ticket_types": [encore.pk]})
    theirs = buy((encore, 1)).tickets.get()

    assert _results(gate, "Encore", ticket, theirs) == ["wrong-list", "admitted"]


def test_a_changed_list_counts_from_the_next_scan_on(
    olga: Client, gate: Gate, concert: Concert, encore: TicketType, ticket: Ticket
) -> None:
    olga.post(LISTS, {"name": "Door", "ticket_types": [encore.pk]})
    before = _results(gate, "Door", ticket)

    olga.post(f"{LISTS}{CheckinList.objects.get().pk}/", {"name": "Door"})

    assert [before, _results(gate, "Door", ticket), _results(gate, "Door", ticket)] == [
        ["wrong-list"],
        ["admitted"],
        ["already"],
    ]


def test_a_list_with_scans_is_not_removed_and_one_without_closes_its_gate(
    olga: Client, gate: Gate, everyone: CheckinList, ticket: Ticket
) -> None:
    unused = CheckinList.objects.create(event=everyone.event, name="Side door")
    _results(gate, "Everyone", ticket)

    for gate_list in (everyone, unused):
        olga.post(f"{LISTS}{gate_list.pk}/removal/")

    statuses = [gate.client.get(f"/gate/{gate_list.pk}/").status_code for gate_list in (everyone, unused)]
    assert statuses == [200, 404]


def test_a_key_from_the_console_scans_and_reads_the_lists(
    olga: Client, app: Flask, everyone: CheckinList, ticket: Ticket
) -> None:
    page = olga.post("/console/riverside/gate/", {"device": "Scanner 3"}).content.decode()
    (key,) = re.findall(r"<code>([\w-]+\.[\w-]+)</code>", page)
    bearer = {"Authorization": f"Bearer {key}"}

    lists = app.test_client().get("/api/v1/gate/lists", headers=bearer)
    scan = {"code": code_of(ticket), "list": lists.get_json()[0]["id"]}
    answers = [app.test_client().post("/api/v1/gate/scans", json=scan, headers=bearer).get_json() for _ in range(2)]

    assert lists.get_json() == [
        {"id": everyone.pk, "name": "Everyone", "event": "concert", "event_name": "The Concert"}
    ]
    assert lists.headers["Cache-Control"] == "private, no-store"
    assert answers[0]["result"] == "admitted"
    assert answers[1]["first_scan"]["device"] == "Scanner 3"


def test_a_key_ends_with_its_row_and_with_its_holders_role(gate: Gate, gail: User) -> None:
    statuses = [_lists(gate.client, gate.bearer)]
    Membership.objects.filter(user=gail).update(role=Role.FINANCE)
    statuses.append(_lists(gate.client, gate.bearer))
    Membership.objects.filter(user=gail).update(role=Role.GATE)
    GateGrant.objects.update(revoked_at=clock.now())
    statuses.append(_lists(gate.client, gate.bearer))

    assert statuses == [200, 401, 401]


def test_lists_of_drafts_of_the_past_and_of_others_are_not_told(gate: Gate, riverside: Organizer) -> None:
    draft, past = make_concert(riverside, "draft"), make_concert(riverside, "past")
    draft.event.state = "draft"
    draft.event.save()
    past.session.starts_at -= timedelta(days=40)
    past.session.ends_at -= timedelta(days=40)
    past.session.save()
    for concert in (draft, past, make_concert(make_organizer("elsewhere"))):
        CheckinList.objects.create(event=concert.event, name="Everyone")

    assert gate.client.get("/api/v1/gate/lists", headers=gate.bearer).get_json() == []


@pytest.mark.parametrize("authorization", [None, "", "Bearer x", "Bearer ", "Basic abc", "Bearer ä"])
def test_without_a_key_no_list_is_told(app: Flask, everyone: CheckinList, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = app.test_client().get("/api/v1/gate/lists", headers=headers)

    assert response.status_code == 401
    assert response.get_json(force=True)["type"].endswith("/sign-in-required")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_lists_are_only_read_here(gate: Gate, method: str) -> None:
    assert gate.client.open("/api/v1/gate/lists", method=method, headers=gate.bearer).status_code == 405


def _results(gate: Gate, name: str, *tickets: Ticket) -> list[str]:
    number = CheckinList.objects.get(name=name).pk
    body: Any = [{"code": code_of(ticket), "list": number} for ticket in tickets]
    response = gate.client.post("/api/v1/gate/scans", json=body, headers=gate.bearer)
    return [answer["result"] for answer in response.get_json()]


def _lists(client: FlaskClient, bearer: dict[str, str]) -> int:
    return client.get("/api/v1/gate/lists", headers=bearer).status_code
