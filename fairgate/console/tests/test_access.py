"""Every address of the console, with every role, a stranger and the owner of another organizer, by GET and by POST.

The addresses come from the urlconf: a new one without a row in TABLE fails here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from fairgate.accounts.models import User
from fairgate.checkin import grants
from fairgate.checkin.actions import ensure_default_list
from fairgate.checkin.models import GateGrant
from fairgate.console import urls
from fairgate.console.tests.conftest import signed_in
from fairgate.organizers.models import Membership, Organizer, Role
from fairgate.organizers.permissions import Permission, may
from fairgate.testing.cast import Concert, buy, make_concert, make_stalls


@dataclass(frozen=True)
class Row:
    """Who may come in, and what they get: by GET, and by a POST that says nothing."""

    needs: Permission | None
    get: int
    post: int


EDIT, SEE, ORDERS, CHANGE = (
    Permission.EDIT_EVENTS,
    Permission.SEE_SALES,
    Permission.SEE_ORDERS,
    Permission.CHANGE_ORDERS,
)
TEAM, GATES = Permission.MANAGE_TEAM, Permission.REVOKE_GATES
TABLE = {
    "home": Row(None, 302, 405),
    "gate": Row(None, 200, 422),
    "overview": Row(SEE, 200, 405),
    "mail": Row(CHANGE, 200, 302),
    "settings": Row(TEAM, 200, 422),
    "team": Row(TEAM, 200, 422),
    "member": Row(TEAM, 405, 302),
    "member-removal": Row(TEAM, 405, 302),
    "grants": Row(GATES, 200, 422),
    "grant-revocation": Row(GATES, 405, 302),
    "events": Row(SEE, 200, 405),
    "new-event": Row(EDIT, 200, 422),
    "event": Row(SEE, 200, 405),
    "event-details": Row(EDIT, 200, 422),
    "event-picture": Row(EDIT, 200, 422),
    "picture-removal": Row(EDIT, 405, 302),
    "publication": Row(EDIT, 405, 302),
    "closure": Row(EDIT, 405, 302),
    "reopening": Row(EDIT, 405, 302),
    "on-sale": Row(SEE, 200, 405),
    "on-sale-now": Row(SEE, 302, 405),
    "pause": Row(EDIT, 405, 302),
    "resumption": Row(EDIT, 405, 302),
    "message": Row(EDIT, 405, 422),
    "message-removal": Row(EDIT, 405, 302),
    "capacity": Row(EDIT, 405, 422),
    "new-session": Row(EDIT, 200, 422),
    "session": Row(EDIT, 200, 422),
    "session-removal": Row(EDIT, 405, 302),
    "new-ticket-type": Row(EDIT, 200, 422),
    "ticket-type": Row(EDIT, 200, 422),
    "deactivation": Row(EDIT, 405, 302),
    "activation": Row(EDIT, 405, 302),
    "new-quota": Row(EDIT, 200, 422),
    "quota": Row(EDIT, 200, 422),
    "new-seats": Row(EDIT, 200, 422),
    "blocking": Row(EDIT, 405, 422),
    "new-check-in-list": Row(EDIT, 200, 422),
    "check-in-list": Row(EDIT, 200, 422),
    "check-in-list-removal": Row(EDIT, 405, 302),
    "orders": Row(ORDERS, 200, 405),
    "order": Row(ORDERS, 200, 405),
    "payment": Row(CHANGE, 405, 302),
    "cancellation": Row(CHANGE, 422, 422),
    "order-mail": Row(CHANGE, 405, 302),
    "ticket-change": Row(CHANGE, 200, 422),
    "ticket-swap": Row(CHANGE, 422, 422),
}
NAMES = [str(pattern.name) for pattern in urls.urlpatterns]
SCOPED = [name for name in NAMES if TABLE[name].needs]


@pytest.fixture
def objects(riverside: Organizer, concert: Concert, gail: User) -> dict[str, Any]:
    """What the parts of an address stand for, all of riverside."""
    grants.issue(gail, riverside, "Door 2")
    order = buy((concert.standard, 2))
    return {
        "organizer": riverside.slug,
        "event": concert.event.slug,
        "session": concert.session.pk,
        "ticket_type": concert.standard.pk,
        "quota": make_stalls(concert).draws.get().quota_id,
        "check_in_list": ensure_default_list(concert.event).pk,
        "code": order.code,
        "reference": order.tickets.all()[0].reference,
        "member": Membership.objects.get(user=gail).pk,
        "grant": GateGrant.objects.get().pk,
    }


@pytest.fixture
def team(olga: User, max_manager: User, fay: User, gail: User) -> dict[str, User]:
    return {Role.OWNER: olga, Role.MANAGER: max_manager, Role.FINANCE: fay, Role.GATE: gail}


def test_every_address_has_a_row() -> None:
    assert set(NAMES) == set(TABLE)


@pytest.mark.parametrize("role", Role)
def test_each_role_gets_what_it_may(role: Role, objects: dict[str, Any], team: dict[str, User]) -> None:
    client = signed_in(team[role])

    answers = {name: ask(client, address_of(name, objects)) for name in NAMES}

    expected = {name: answer_for(role, row) for name, row in TABLE.items()}
    assert answers == expected


def test_strangers_are_sent_to_sign_in(objects: dict[str, Any]) -> None:
    client = Client()

    for address in (address_of(name, objects) for name in NAMES):
        got, posted = client.get(address), client.post(address)

        assert (got.status_code, got.headers["Location"]) == (302, f"/accounts/login/?next={address}")
        assert (posted.status_code, posted.headers["Location"]) == (302, "/accounts/login/?next=/console/")


def test_the_owner_of_another_organizer_finds_nothing(objects: dict[str, Any], mallory: User) -> None:
    client = signed_in(mallory)

    answers = {name: ask(client, address_of(name, objects)) for name in SCOPED}

    assert answers == {name: not_found(TABLE[name]) for name in SCOPED}


def test_objects_of_others_are_not_found_under_ones_own_name(
    objects: dict[str, Any], mallory: User, elsewhere: Organizer
) -> None:
    """Mallory owns `elsewhere`, which has a concert of the same address, and asks there for the rows of riverside."""
    own = make_concert(elsewhere)
    mixed = objects | {"organizer": elsewhere.slug, "event": own.event.slug}
    client = signed_in(mallory)
    names = [name for name in SCOPED if arguments_of(name) - {"organizer", "event"}]

    answers = {name: ask(client, address_of(name, mixed)) for name in names}

    assert answers == {name: not_found(TABLE[name]) for name in names}


def test_rows_of_another_event_are_not_found(objects: dict[str, Any], riverside: Organizer, as_olga: Client) -> None:
    other = make_concert(riverside, slug="other")
    names = [name for name in SCOPED if {"session", "ticket_type", "quota", "check_in_list"} & arguments_of(name)]

    answers = {name: ask(as_olga, address_of(name, objects | {"event": other.event.slug})) for name in names}

    assert answers == {name: not_found(TABLE[name]) for name in names}


def test_a_post_without_the_token_is_refused(objects: dict[str, Any], olga: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(olga)

    answers = {name: client.post(address_of(name, objects)).status_code for name in NAMES}

    assert set(answers.values()) == {403}


def test_pages_are_kept_by_nobody(objects: dict[str, Any], as_olga: Client) -> None:
    pages = [as_olga.get(address_of(name, objects)) for name in NAMES]

    assert {page.headers["Cache-Control"] for page in pages} == {"private, no-store"}


def test_a_part_of_a_page_makes_the_whole_page_sign_in(objects: dict[str, Any]) -> None:
    response = Client().get(address_of("orders", objects), headers={"HX-Request": "true"})

    assert response.headers["HX-Redirect"] == "/accounts/login/?next=/console/riverside/orders/"


def answer_for(role: Role, row: Row) -> tuple[int, int]:
    if row.needs is None or may(role, row.needs):
        return row.get, row.post
    return refusal(row.get), refusal(row.post)


def not_found(row: Row) -> tuple[int, int]:
    return refusal(row.get, 404), refusal(row.post, 404)


def refusal(status: int, refused: int = 403) -> int:
    """A wrong method is refused before anyone looks at the person."""
    return 405 if status == 405 else refused


def ask(client: Client, address: str) -> tuple[int, int]:
    """What GET and POST answer. What they changed is undone for the next one."""
    with transaction.atomic():
        answers = client.get(address).status_code, client.post(address).status_code
        transaction.set_rollback(True)
    return answers


def arguments_of(name: str) -> set[str]:
    pattern = next(pattern for pattern in urls.urlpatterns if pattern.name == name)
    return set(pattern.pattern.converters)


def address_of(name: str, objects: dict[str, Any]) -> str:
    return reverse(f"console:{name}", kwargs={part: objects[part] for part in arguments_of(name)})
