"""The one place that decides whose rows a person sees: everything starts from their memberships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from fairgate.accounts.models import User
from fairgate.organizers.models import Membership, Organizer
from fairgate.organizers.permissions import Permission, may


@dataclass(frozen=True)
class Access:
    """One person at one organizer, with everything else they work for."""

    membership: Membership
    memberships: Sequence[Membership]

    @property
    def organizer(self) -> Organizer:
        return self.membership.organizer

    @property
    def user(self) -> User:
        return self.membership.user

    def may(self, permission: Permission) -> bool:
        return may(self.membership.role, permission)


def access_for(user: User, slug: str, *, needs: Permission) -> Access:
    """The way to every object of a tenant. Strangers learn nothing (404), colleagues without the role little (403)."""
    memberships = memberships_of(user)
    for membership in memberships:
        if membership.organizer.slug == slug:
            membership.user = user
            access = Access(membership, memberships)
            if not access.may(needs):
                raise PermissionDenied
            return access
    raise Http404


def memberships_of(user: User) -> list[Membership]:
    return list(user.memberships.select_related("organizer").order_by("organizer__name", "id"))


def organizers_where(memberships: Sequence[Membership], permission: Permission) -> list[Organizer]:
    return [membership.organizer for membership in memberships if may(membership.role, permission)]


def team_of(organizer: Organizer) -> QuerySet[Membership]:
    return organizer.memberships.select_related("user").order_by("id")
