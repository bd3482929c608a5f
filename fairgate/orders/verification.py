"""Addresses that were confirmed before a sale: an event may sell to them alone (`events.Event.verified_only`).

The sale begins when the first of the event's ticket types goes on sale. Until then a link in a mail confirms an
address; `sql/place.sql` compares the same moment.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from fairgate.events.models import Event
from fairgate.lib import clock, secrets
from fairgate.orders.contact import buyer
from fairgate.orders.errors import TooLateToVerify
from fairgate.orders.models import VerifiedAddress
from fairgate.orders.pestering import may_mail
from fairgate.outbox import actions as outbox

# 16 bytes in base 64: the buyer's digest, and the secret after it.
HALF = 22

VERIFY = """
INSERT INTO orders_verifiedaddress (event_id, buyer)
SELECT e.id, %s FROM events_event e
 WHERE e.id = %s AND e.verified_only AND e.state = 'published'
   AND now() < coalesce(orders_sale_starts_at(e.id), 'infinity')
   AND now() < (SELECT max(s.ends_at) FROM events_session s WHERE s.event_id = e.id)
ON CONFLICT (event_id, buyer) DO NOTHING
"""


def sale_starts_at(event: Event) -> datetime | None:
    """None: at no certain moment, so an address may be confirmed at any time before the order."""
    starts_at: datetime | None = event.ticket_types.aggregate(first=Min("sale_starts_at"))["first"]
    return starts_at


def is_open(event: Event) -> bool:
    """Whether addresses can be confirmed now. What is shown may be a moment old; `verify` decides."""
    now = clock.now()
    starts_at = sale_starts_at(event)
    is_over = not event.sessions.filter(ends_at__gt=now).exists()
    return event.verified_only and event.is_published and not is_over and (starts_at is None or now < starts_at)


@transaction.atomic
def ask(event: Event, email: str) -> None:
    """Mail the link that confirms this address; not again and again, whatever tag or dots are put into it."""
    if may_mail("confirm", str(event.pk), str(buyer(email))):
        outbox.send("address_asked", event=event.pk, email=email)


def token(event: Event, email: str) -> str:
    """What the link carries: it names the buyer by a digest, so that the address of a page tells no mail address."""
    who = buyer(email)
    return base64.urlsafe_b64encode(who.bytes).rstrip(b"=").decode() + _secret(event, who)


def buyer_of(event: Event, token: str) -> UUID | None:
    """Whom the link of a mail is for; None if we did not write it."""
    try:
        who = UUID(bytes=base64.urlsafe_b64decode(token[:HALF] + "=="))
    except (ValueError, binascii.Error):
        return None
    return who if secrets.matches(settings.SECRET_KEY, "confirm", f"{event.pk}:{who}", token[HALF:]) else None


def is_verified(event: Event, who: UUID) -> bool:
    return VerifiedAddress.objects.filter(event=event, buyer=who).exists()


def verify(event: Event, who: UUID) -> None:
    """Once is enough: the first time counts. Raises TooLateToVerify from the sale's first moment on."""
    with connection.cursor() as cursor:
        cursor.execute(VERIFY, (who, event.pk))
    if not is_verified(event, who):
        raise TooLateToVerify


def _secret(event: Event, who: UUID) -> str:
    return secrets.derive(settings.SECRET_KEY, "confirm", f"{event.pk}:{who}")
