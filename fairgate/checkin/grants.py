"""Leave to scan: issued by Django at sign-in, carried by a device as `<id>.<secret>`, checked at each scan by its row.

The secret is derived from the id, so that a copy of the table opens no gate.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from fairgate.accounts.models import User
from fairgate.checkin.models import GateGrant
from fairgate.lib import clock, secrets
from fairgate.lib.ids import uuid7
from fairgate.organizers import audit
from fairgate.organizers.models import Organizer

LIFETIME = timedelta(hours=16)


@transaction.atomic
def issue(user: User, organizer: Organizer, device: str) -> str:
    """A new grant's token. Who may have one is for the caller to decide; each scan asks for the membership again."""
    grant = GateGrant.objects.create(
        id=uuid7(), user=user, organizer=organizer, device=device, expires_at=clock.now() + LIFETIME
    )
    audit.record("gate.granted", grant, organizer=organizer, by=user, device=device)
    return f"{grant.pk}.{secrets.derive(settings.SECRET_KEY, 'gate', str(grant.pk))}"


@transaction.atomic
def revoke(grant: GateGrant, *, by: User) -> None:
    """End a grant at once; ending it again changes nothing."""
    if GateGrant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=clock.now()):
        audit.record("gate.revoked", grant, organizer=grant.organizer_id, by=by)
