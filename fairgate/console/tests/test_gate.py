from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

from fairgate.accounts.models import User
from fairgate.checkin import grants
from fairgate.checkin.actions import ensure_default_list
from fairgate.checkin.models import GateGrant
from fairgate.console.tests.conftest import signed_in
from fairgate.lib import secrets
from fairgate.organizers import audit
from fairgate.organizers.models import Organizer
from fairgate.testing.cast import Concert


def test_gail_lands_where_she_opens_a_gate(gail: User) -> None:
    client = signed_in(gail)

    response = client.get("/console/", follow=True)

    assert response.redirect_chain == [("/console/gate/", 302)]
    assert "Open the gate for Riverside" in response.content.decode()


def test_opening_a_gate_gives_the_device_a_grant(gail: User, riverside: Organizer) -> None:
    response = signed_in(gail).post("/console/gate/", {"organizer": "riverside", "device": "Door 2"})

    grant = GateGrant.objects.get()
    cookie = response.cookies["fairgate_gate"]
    assert response.headers["Location"] == "/gate/"
    assert (grant.organizer, grant.user, grant.device) == (riverside, gail, "Door 2")
    assert cookie.value.startswith(str(grant.pk))
    assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["domain"]) == ("/", True, "Lax", "")


def test_behind_tls_the_cookie_is_for_this_host_alone(gail: User, settings: object) -> None:
    settings.SESSION_COOKIE_SECURE = True  # type: ignore[attr-defined]

    response = signed_in(gail).post("/console/gate/", {"organizer": "riverside", "device": "Door 2"}, secure=True)

    assert response.cookies["__Host-fairgate_gate"]["secure"] is True


def test_nobody_opens_a_gate_of_another_organizer(mallory: User, riverside: Organizer, fay: User) -> None:
    typed = {"organizer": "riverside", "device": "Door 2"}

    answers = [signed_in(person).post("/console/gate/", typed).status_code for person in (mallory, fay)]

    assert answers == [422, 422]
    assert not GateGrant.objects.exists()


@pytest.mark.parametrize("device", ["", "x" * 101, "a\0b"])
def test_a_gate_has_a_name(gail: User, device: str) -> None:
    response = signed_in(gail).post("/console/gate/", {"organizer": "riverside", "device": device})

    assert response.status_code == 422


def test_a_key_is_shown_once_and_opens_the_gate(as_olga: Client, olga: User, concert: Concert) -> None:
    number = ensure_default_list(concert.event).pk

    response = as_olga.post("/console/riverside/gate/", {"device": "Scanner 3"})

    grant, page = GateGrant.objects.get(), response.content.decode()
    (key,) = re.findall(rf"<code>({grant.pk}\.[\w-]+)</code>", page)
    assert secrets.matches(settings.SECRET_KEY, "gate", *key.split("."))
    assert (grant.user, grant.device) == (olga, "Scanner 3")
    assert (response.status_code, response.headers["Cache-Control"]) == (201, "private, no-store")
    assert f'data-label="Number">{number}</td>' in page
    assert key not in as_olga.get("/console/riverside/gate/").content.decode()
    assert "fairgate_gate" not in response.cookies


@pytest.mark.parametrize("device", ["", "x" * 101, "a\0b"])
def test_a_key_has_a_name(as_olga: Client, device: str) -> None:
    response = as_olga.post("/console/riverside/gate/", {"device": device})

    assert response.status_code == 422
    assert "id_device-error" in response.content.decode()
    assert not GateGrant.objects.exists()


def test_a_key_is_listed_and_ended_like_a_gate(as_olga: Client, olga: User) -> None:
    as_olga.post("/console/riverside/gate/", {"device": "Scanner 3"})
    grant = GateGrant.objects.get()

    ended = as_olga.post(f"/console/riverside/gate/{grant.pk}/revocation/", follow=True).content.decode()

    assert "“Scanner 3” can scan no more." in ended
    assert [entry.action for entry in audit.history(grant)] == ["gate.granted", "gate.revoked"]


def test_an_open_gate_is_listed_and_ended(as_olga: Client, gail: User, riverside: Organizer) -> None:
    grants.issue(gail, riverside, "Door 2")
    grant = GateGrant.objects.get()

    listed = as_olga.get("/console/riverside/gate/").content.decode()
    ended = as_olga.post(f"/console/riverside/gate/{grant.pk}/revocation/", follow=True).content.decode()

    grant.refresh_from_db()
    assert "Door 2" in listed
    assert "“Door 2” can scan no more." in ended
    assert "No gate is open" in ended
    assert grant.revoked_at is not None
