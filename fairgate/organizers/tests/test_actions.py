from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from fairgate.accounts.models import User
from fairgate.organizers import actions
from fairgate.organizers.errors import AlreadyMember, LastOwner
from fairgate.organizers.models import AuditEntry, Membership, Organizer, Role
from fairgate.outbox.models import OutboxMessage
from fairgate.testing.cast import make_member, make_organizer


def test_who_is_invited_gets_an_account_and_one_mail(riverside: Organizer, olga: User) -> None:
    membership = actions.invite_member(riverside, email="New@Example.org", role=Role.MANAGER, by=olga)

    message = OutboxMessage.objects.get()
    assert (membership.role, membership.user.email) == (Role.MANAGER, "New@example.org")
    assert not membership.user.has_usable_password()
    assert message.topic == "member_invited"
    assert message.payload == {"user": membership.user.pk, "organizer": riverside.pk, "by": olga.pk}


def test_who_has_an_account_keeps_it(riverside: Organizer, olga: User, mallory: User) -> None:
    membership = actions.invite_member(riverside, email="MALLORY@example.org", role=Role.GATE, by=olga)

    assert membership.user == mallory
    assert mallory.has_usable_password()


def test_nobody_is_on_a_team_twice(riverside: Organizer, olga: User, gail: User) -> None:
    with pytest.raises(AlreadyMember):
        actions.invite_member(riverside, email="gail@example.org", role=Role.OWNER, by=olga)

    assert Membership.objects.get(user=gail).role == Role.GATE
    assert not OutboxMessage.objects.exists()


def test_a_change_of_role_leaves_a_trace(riverside: Organizer, olga: User, gail: User) -> None:
    actions.change_role(Membership.objects.get(user=gail), role=Role.MANAGER, by=olga)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.by) == ("member.role_changed", olga)
    assert entry.data == {"user": gail.pk, "before": "gate", "after": "manager"}


def test_the_last_owner_stays(riverside: Organizer, olga: User, gail: User) -> None:
    membership = Membership.objects.get(user=olga)

    with pytest.raises(LastOwner):
        actions.remove_member(membership, by=olga)
    with pytest.raises(LastOwner):
        actions.change_role(membership, role=Role.MANAGER, by=olga)
    actions.change_role(membership, role=Role.OWNER, by=olga)

    membership.refresh_from_db()
    assert membership.role == Role.OWNER


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once_leave_one() -> None:
    organizer = make_organizer("riverside")
    owners = [make_member(organizer, f"{name}@example.org", Role.OWNER) for name in ("olga", "otto")]
    pairs = [(Membership.objects.get(user=owners[0]), owners[1]), (Membership.objects.get(user=owners[1]), owners[0])]

    with ThreadPoolExecutor(2) as pool:
        removed = list(pool.map(remove, pairs))

    assert sorted(removed) == [False, True]
    assert Membership.objects.filter(role=Role.OWNER).count() == 1


def remove(pair: tuple[Membership, User]) -> bool:
    try:
        actions.remove_member(pair[0], by=pair[1])
    except LastOwner:
        return False
    finally:
        connection.close()
    return True


def test_only_what_changed_is_written(riverside: Organizer, olga: User) -> None:
    fields = {name: getattr(riverside, name) for name in actions.EDITABLE} | {"name": "Riverside Hall"}

    actions.edit_organizer(riverside, by=olga, **fields)
    actions.edit_organizer(riverside, by=olga, **fields)

    riverside.refresh_from_db()
    assert riverside.name == "Riverside Hall"
    assert AuditEntry.objects.get().data == {"fields": ["name"]}
