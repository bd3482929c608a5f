from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection

from fairgate.accounts.models import User
from fairgate.checkin import grants
from fairgate.checkin.actions import ensure_default_list
from fairgate.checkin.models import CheckinList, GateGrant
from fairgate.lib import secrets
from fairgate.organizers import audit
from fairgate.organizers.models import Organizer, Role
from fairgate.testing.cast import Concert, make_member

pytestmark = pytest.mark.django_db


def test_a_token_is_its_grant_and_a_secret_that_the_table_does_not_hold(gail: User, riverside: Organizer) -> None:
    grant_id, _dot, secret = grants.issue(gail, riverside, "Main entrance").partition(".")

    grant = GateGrant.objects.get(pk=grant_id)
    assert (grant.user, grant.organizer, grant.device) == (gail, riverside, "Main entrance")
    assert secrets.matches(settings.SECRET_KEY, "gate", grant_id, secret)
    assert secret not in repr(GateGrant.objects.values())


def test_revoking_twice_is_recorded_once(gail: User, olga: User, riverside: Organizer) -> None:
    grants.issue(gail, riverside, "Main entrance")
    grant = GateGrant.objects.get()

    grants.revoke(grant, by=olga)
    grants.revoke(grant, by=olga)

    assert [entry.action for entry in audit.history(grant)] == ["gate.granted", "gate.revoked"]


@pytest.mark.parametrize(
    ("role", "may"), [(Role.OWNER, True), (Role.MANAGER, True), (Role.FINANCE, False), (Role.GATE, True)]
)
def test_a_grant_lives_with_its_holders_role(riverside: Organizer, role: Role, may: bool) -> None:
    grants.issue(make_member(riverside, "new@example.org", role), riverside, "Side door")

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM checkin_live_grant(%s)", [GateGrant.objects.get().pk])
        assert cursor.fetchone() == (int(may),)


def test_an_event_gets_one_list_for_everyone(concert: Concert) -> None:
    first, second = ensure_default_list(concert.event), ensure_default_list(concert.event)

    assert first == second
    assert [its.name for its in CheckinList.objects.all()] == ["Everyone"]
