"""The gate as people use it, without scripts unless a test says otherwise."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from flask import Flask

from fairgate.accounts.models import User
from fairgate.checkin.actions import ensure_default_list
from fairgate.checkin.models import CheckinList, GateGrant, Scan
from fairgate.lib import signing
from fairgate.lib.ids import grouped
from fairgate.orders.actions import cancel_tickets
from fairgate.orders.models import Ticket
from fairgate.organizers.models import AuditEntry, Membership, Organizer
from fairgate.services.gate.tests.conftest import Gate, code_of, key, open_gate
from fairgate.testing.cast import Concert, buy, make_concert, make_organizer


def test_a_list_is_chosen_by_its_event(gate: Gate, everyone: CheckinList) -> None:
    page = gate.client.get("/gate/").get_data(as_text=True)

    assert f'href="/gate/{everyone.pk}/"' in page
    assert "The Concert" in page
    assert "Everyone" in page


def test_lists_of_drafts_of_the_past_and_of_others_are_not_offered(gate: Gate, riverside: Organizer) -> None:
    draft, past = make_concert(riverside, "draft"), make_concert(riverside, "past")
    draft.event.state = "draft"
    draft.event.save()
    past.session.starts_at -= timedelta(days=40)
    past.session.ends_at -= timedelta(days=40)
    past.session.save()
    for concert in (draft, past, make_concert(make_organizer("elsewhere"))):
        ensure_default_list(concert.event)

    page = gate.client.get("/gate/").get_data(as_text=True)

    assert re.findall(r'href="/gate/\d+/"', page) == []
    assert "Nothing to let in for" in page


def test_a_ticket_is_admitted_once(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    first, second = _scan(gate, everyone, code_of(ticket)), _scan(gate, everyone, code_of(ticket))

    assert _verdict(first) == "admitted"
    assert "Ben Buyer" in first
    assert "Free" in first
    assert _verdict(second) == "already"
    assert "Main entrance" in second
    assert "1 of 1 inside" in second


def test_a_reference_can_be_typed(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    assert _verdict(_scan(gate, everyone, grouped(ticket.reference).lower())) == "admitted"


def test_a_ticket_of_another_list_is_sent_on(gate: Gate, concert: Concert, ticket: Ticket) -> None:
    paying = CheckinList.objects.create(event=concert.event, name="Paying guests")
    paying.ticket_types.add(concert.standard)

    assert _verdict(_scan(gate, paying, code_of(ticket))) == "wrong-list"


def test_a_ticket_of_another_event_is_sent_on(gate: Gate, riverside: Organizer, ticket: Ticket) -> None:
    other = ensure_default_list(make_concert(riverside, "other").event)

    assert _verdict(_scan(gate, other, code_of(ticket))) == "wrong-list"


def test_a_ticket_of_another_session_is_sent_on(gate: Gate, concert: Concert, ticket: Ticket) -> None:
    other = make_concert(concert.event.organizer, "other").session
    evening = CheckinList.objects.create(event=concert.event, name="Evening", session=other)

    assert _verdict(_scan(gate, evening, code_of(ticket))) == "wrong-list"


def test_a_canceled_ticket_stays_outside(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    cancel_tickets(ticket.order, [ticket], by=None, reason="")

    assert _verdict(_scan(gate, everyone, code_of(ticket))) == "canceled"


def test_an_unpaid_ticket_stays_outside(gate: Gate, everyone: CheckinList, concert: Concert) -> None:
    unpaid = buy((concert.standard, 1)).tickets.get()

    assert _verdict(_scan(gate, everyone, code_of(unpaid))) == "unpaid"


@pytest.mark.parametrize("code", ["", "hello", "AAAA AAAA AAAA", "\x00", "x" * 100_000])
def test_an_unknown_code_stays_outside(gate: Gate, everyone: CheckinList, code: str) -> None:
    assert _verdict(_scan(gate, everyone, code)) == "unknown"


def test_a_forged_code_stays_outside(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    forged = signing.sign("mallory" * 5, ticket.event_id, ticket.pk)

    page = _scan(gate, everyone, forged)

    assert _verdict(page) == "forged"
    assert "Ben Buyer" not in page


def test_a_signature_for_another_event_admits_nobody(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    assert _verdict(_scan(gate, everyone, signing.sign(key(), ticket.event_id + 1, ticket.pk))) == "unknown"


def test_another_tenants_ticket_is_unknown_and_unnamed(gate: Gate, everyone: CheckinList) -> None:
    foreign = buy((make_concert(make_organizer("elsewhere")).free, 1), name="Mallory").tickets.get()

    page = _scan(gate, everyone, code_of(foreign))

    assert _verdict(page) == "unknown"
    assert "Mallory" not in page


def test_another_tenants_list_is_not_found(gate: Gate) -> None:
    foreign = ensure_default_list(make_concert(make_organizer("elsewhere")).event)

    assert gate.client.get(f"/gate/{foreign.pk}/").status_code == 404
    assert gate.client.post(f"/gate/{foreign.pk}/", data={"code": "x"}).status_code == 404
    assert gate.client.get(f"/gate/{2**63}/").status_code == 404
    assert Scan.objects.count() == 0


def test_every_answer_leaves_a_row(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    for code in (code_of(ticket), code_of(ticket), "hello"):
        _scan(gate, everyone, code)

    rows = Scan.objects.order_by("id").values_list("result", "ticket", "grant", "device")
    assert list(rows) == [
        ("admitted", ticket.pk, gate.grant.pk, "Main entrance"),
        ("already", ticket.pk, gate.grant.pk, "Main entrance"),
        ("unknown", None, gate.grant.pk, "Main entrance"),
    ]


def test_the_latest_scans_stand_below(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    _scan(gate, everyone, "hello")

    page = _scan(gate, everyone, code_of(ticket))

    latest = page.partition('id="latest"')[2]
    assert latest.index("Admitted") < latest.index("Unknown code")


def test_htmx_gets_the_answer_alone(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    response = gate.client.post(
        f"/gate/{everyone.pk}/answer/", data={"code": code_of(ticket)}, headers={"HX-Request": "true"}
    )

    part = response.get_data(as_text=True)
    assert _verdict(part) == "admitted"
    assert "<html" not in part
    assert part.count('hx-swap-oob="true"') == 2


def test_a_name_is_escaped(gate: Gate, everyone: CheckinList, concert: Concert) -> None:
    ticket = buy((concert.free, 1), name="<script>alert(1)</script>").tickets.get()

    assert "<script>alert" not in _scan(gate, everyone, code_of(ticket))


class TestLeave:
    """Leave to scan ends at once, whichever way it ends."""

    def test_a_stranger_is_sent_to_the_console(self, app: Flask, everyone: CheckinList) -> None:
        for path in ("/gate/", f"/gate/{everyone.pk}/"):
            response = app.test_client().get(path)
            assert (response.status_code, response.location) == (303, "/console/gate/?next=/gate/")

    @pytest.mark.parametrize("token", ["", ".", "x", "00000000-0000-0000-0000-000000000000.AAAA", "ä.ö", "x" * 3_000])
    def test_a_made_up_grant_opens_nothing(self, app: Flask, everyone: CheckinList, token: str) -> None:
        client = app.test_client()
        client.set_cookie("fairgate_gate", token, domain="localhost")

        assert client.get(f"/gate/{everyone.pk}/").status_code == 303

    def test_a_revoked_grant_ends_at_once(self, gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
        assert gate.client.get(f"/gate/{everyone.pk}/").status_code == 200
        GateGrant.objects.update(revoked_at=Now())

        self._is_over(gate, everyone, ticket)

    def test_a_grant_runs_out(self, gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
        GateGrant.objects.update(expires_at=Now())

        self._is_over(gate, everyone, ticket)

    def test_who_leaves_the_team_scans_no_more(
        self, gate: Gate, gail: User, everyone: CheckinList, ticket: Ticket
    ) -> None:
        gail.memberships.all().delete()

        self._is_over(gate, everyone, ticket)

    def test_who_becomes_finance_scans_no_more(self, gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
        Membership.objects.update(role="finance")

        self._is_over(gate, everyone, ticket)

    def test_a_locked_account_scans_no_more(
        self, gate: Gate, gail: User, everyone: CheckinList, ticket: Ticket
    ) -> None:
        User.objects.update(is_active=False)

        self._is_over(gate, everyone, ticket)

    def test_htmx_is_led_out_of_its_part(self, gate: Gate, everyone: CheckinList) -> None:
        GateGrant.objects.update(revoked_at=Now())

        response = gate.client.post(f"/gate/{everyone.pk}/answer/", data={"code": "x"}, headers={"HX-Request": "true"})

        assert response.headers["HX-Redirect"] == "/console/gate/?next=/gate/"

    def test_leaving_ends_the_grant_and_is_recorded(self, gate: Gate, gail: User) -> None:
        response = gate.client.post("/gate/sign-off/")

        assert response.status_code == 303
        assert gate.grant.revoked_at is not None
        assert gate.client.get_cookie("fairgate_gate") is None
        entry = AuditEntry.objects.get(action="gate.revoked")
        assert (entry.by, entry.subject_id) == (gail, str(gate.grant.pk))

    def _is_over(self, gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
        assert gate.client.post(f"/gate/{everyone.pk}/", data={"code": code_of(ticket)}).status_code == 303
        assert Scan.objects.count() == 0


def test_another_site_cannot_scan_or_sign_off(gate: Gate, everyone: CheckinList, ticket: Ticket) -> None:
    evil = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    for path in (f"/gate/{everyone.pk}/", f"/gate/{everyone.pk}/answer/", "/gate/sign-off/"):
        assert gate.client.post(path, data={"code": code_of(ticket)}, headers=evil).status_code == 403

    assert Scan.objects.count() == 0
    assert gate.grant.revoked_at is None


def test_answers_are_private_and_guarded(gate: Gate, everyone: CheckinList) -> None:
    response = gate.client.get(f"/gate/{everyone.pk}/")

    assert response.headers["Cache-Control"] == "private, no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_refused(gate: Gate, everyone: CheckinList, method: str) -> None:
    assert gate.client.open(f"/gate/{everyone.pk}/", method=method).status_code == 405


def test_a_huge_form_is_refused(gate: Gate, everyone: CheckinList) -> None:
    response = gate.client.post(f"/gate/{everyone.pk}/", data={"code": "x" * 10_000_000})

    assert response.status_code == 413


def test_several_gates_of_one_organizer_know_each_other(
    app: Flask, gate: Gate, gail: User, riverside: Organizer, everyone: CheckinList, ticket: Ticket
) -> None:
    side = open_gate(app, gail, riverside, "Side door")
    _scan(side, everyone, code_of(ticket))

    page = _scan(gate, everyone, code_of(ticket))

    assert _verdict(page) == "already"
    assert "Side door" in page


def _scan(gate: Gate, gate_list: CheckinList, code: str) -> str:
    response = gate.client.post(f"/gate/{gate_list.pk}/", data={"code": code})
    assert response.status_code == 200
    return response.get_data(as_text=True)


def _verdict(page: str) -> str:
    (verdict,) = re.findall(r'data-verdict="([a-z-]+)"', page)
    return str(verdict)
