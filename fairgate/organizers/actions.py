"""Changes to an organizer and its team."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from fairgate.accounts.models import User
from fairgate.lib.cache import scopes
from fairgate.organizers import audit
from fairgate.organizers.errors import AlreadyMember, LastOwner
from fairgate.organizers.models import Membership, Organizer, Role
from fairgate.outbox import actions as outbox
from fairgate.outbox import generations

EDITABLE = ("name", "email", "accent", "time_zone", "currency", "bank_details")


@transaction.atomic
def edit_organizer(organizer: Organizer, *, by: User, **fields: str) -> None:
    changed = [name for name in EDITABLE if name in fields and getattr(organizer, name) != fields[name]]
    if not changed:
        return
    for name in changed:
        setattr(organizer, name, fields[name])
    organizer.save(update_fields=changed)
    audit.record("organizer.edited", organizer, organizer=organizer, by=by, fields=changed)
    generations.bump(*scopes.of_organizer(organizer.slug))


@transaction.atomic
def invite_member(organizer: Organizer, *, email: str, role: str, by: User) -> Membership:
    """Add a person to the team. Who has no account gets one, and chooses its password by the mail."""
    user = _account_of(email)
    try:
        with transaction.atomic():
            membership = Membership.objects.create(organizer=organizer, user=user, role=role)
    except IntegrityError as error:
        raise AlreadyMember from error
    audit.record("member.invited", organizer, organizer=organizer, by=by, user=user.pk, role=role)
    outbox.send("member_invited", user=user.pk, organizer=organizer.pk, by=by.pk)
    return membership


@transaction.atomic
def change_role(membership: Membership, *, role: str, by: User) -> None:
    _keep_an_owner(membership, stays=role == Role.OWNER)
    if membership.role == role:
        return
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    audit.record(
        "member.role_changed", membership.organizer, organizer=membership.organizer_id, by=by,
        user=membership.user_id, before=before, after=role,
    )  # fmt: skip


@transaction.atomic
def remove_member(membership: Membership, *, by: User) -> None:
    _keep_an_owner(membership)
    audit.record(
        "member.removed", membership.organizer, organizer=membership.organizer_id, by=by,
        user=membership.user_id, role=membership.role,
    )  # fmt: skip
    membership.delete()


def _account_of(email: str) -> User:
    user = User.objects.filter(email__iexact=email).first()
    if user:
        return user
    try:
        with transaction.atomic():
            return User.objects.create_user(email)
    except IntegrityError:
        # Two owners invited the same person at the same moment.
        return User.objects.get(email__iexact=email)


def _keep_an_owner(membership: Membership, *, stays: bool = False) -> None:
    """Two owners who remove each other at the same moment would both find the other; so one waits."""
    Organizer.objects.select_for_update().get(pk=membership.organizer_id)
    membership.refresh_from_db(fields=["role"])
    others = Membership.objects.filter(organizer=membership.organizer_id, role=Role.OWNER).exclude(pk=membership.pk)
    if membership.role == Role.OWNER and not stays and not others.exists():
        raise LastOwner
