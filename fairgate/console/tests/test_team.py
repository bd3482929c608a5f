from __future__ import annotations

from django.test import Client

from fairgate.accounts.models import User
from fairgate.console.tests.conftest import signed_in
from fairgate.organizers.models import Membership, Organizer, Role

TEAM = "/console/riverside/team/"


def test_an_owner_invites(as_olga: Client, riverside: Organizer) -> None:
    response = as_olga.post(TEAM, {"email": "new@example.org", "role": "finance"}, follow=True)

    assert "new@example.org is invited." in response.content.decode()
    assert riverside.memberships.get(user__email="new@example.org").role == Role.FINANCE


def test_an_invitation_that_makes_no_sense_is_refused_beside_its_field(as_olga: Client, gail: User) -> None:
    typed = [
        ({"email": "nobody", "role": "gate"}, "Enter a valid email address."),
        ({"email": "a\0@example.org", "role": "gate"}, "Null characters are not allowed."),
        ({"email": "new@example.org", "role": "king"}, "Select a valid choice."),
        ({"email": "GAIL@example.org", "role": "gate"}, "This person is on the team already."),
    ]

    for form, sentence in typed:
        response = as_olga.post(TEAM, form)

        assert response.status_code == 422
        assert response.content.decode().count(sentence) == 2
    assert Membership.objects.count() == 2


def test_an_owner_changes_a_role_and_removes(as_olga: Client, gail: User) -> None:
    membership = Membership.objects.get(user=gail)

    as_olga.post(f"{TEAM}{membership.pk}/", {"role": "manager"})
    membership.refresh_from_db()
    as_olga.post(f"{TEAM}{membership.pk}/removal/")

    assert membership.role == Role.MANAGER
    assert not Membership.objects.filter(user=gail).exists()
    assert signed_in(gail).get("/console/riverside/").status_code == 404


def test_the_last_owner_is_told_why_not(as_olga: Client, olga: User) -> None:
    membership = Membership.objects.get(user=olga)

    pages = [
        as_olga.post(f"{TEAM}{membership.pk}/", {"role": "gate"}, follow=True),
        as_olga.post(f"{TEAM}{membership.pk}/removal/", follow=True),
    ]

    assert ["A team needs an owner." in page.content.decode() for page in pages] == [True, True]


def test_an_owner_who_leaves_goes_home(as_olga: Client, olga: User, riverside: Organizer, gail: User) -> None:
    Membership.objects.filter(user=gail).update(role=Role.OWNER)

    response = as_olga.post(f"{TEAM}{Membership.objects.get(user=olga).pk}/removal/", follow=True)

    assert response.redirect_chain[-1] == ("/console/", 302)
    assert "You are not on a team yet" in response.content.decode()


def test_settings_are_saved(as_olga: Client, riverside: Organizer) -> None:
    typed = {
        "name": "Riverside Hall",
        "email": "hello@example.org",
        "accent": "#0f766e",
        "bank_details": "",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
    }

    response = as_olga.post("/console/riverside/settings/", typed)

    riverside.refresh_from_db()
    assert response.status_code == 302
    assert {name: getattr(riverside, name) for name in typed} == typed


def test_settings_that_make_no_sense_are_refused(as_olga: Client, riverside: Organizer) -> None:
    typed = {"name": "", "email": "x", "accent": "red", "time_zone": "Mars/Base", "currency": "€"}

    response = as_olga.post("/console/riverside/settings/", typed)

    page = response.content.decode()
    assert response.status_code == 422
    assert [f'id="id_{name}-error"' in page for name in typed] == [True] * 5
