"""What needs a hand today, over one organizer or several: a fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, Count, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from fairgate.events.models import Event
from fairgate.events.queries import drafts_of
from fairgate.orders.models import Order, OrderState
from fairgate.organizers.models import Organizer
from fairgate.outbox.models import OutboxMessage

# As many as a person can act on; the rest is behind the counts.
DRAFTS_SHOWN = 10


@dataclass
class Attention:
    organizer: Organizer
    pending: int = 0
    overdue: int = 0
    failed_mail: int = 0


@dataclass
class Today:
    attentions: list[Attention]
    drafts: list[Event]

    @property
    def is_quiet(self) -> bool:
        return not self.attentions and not self.drafts


def today(organizers: Sequence[Organizer], *, now: datetime) -> Today:
    found = {organizer.pk: Attention(organizer) for organizer in organizers}
    awaiting = (
        Order.objects.filter(organizer__in=found, state=OrderState.PENDING)
        .values("organizer")
        .annotate(pending=Count("*"), overdue=Count("pay_by", filter=Q(pay_by__lt=now)))
    )
    for row in awaiting:
        found[row["organizer"]].pending, found[row["organizer"]].overdue = row["pending"], row["overdue"]
    for message in failed_mail_of(organizers):
        found[message.organizer_id].failed_mail += 1  # type: ignore[attr-defined]
    busy = [entry for entry in found.values() if entry.pending or entry.failed_mail]
    return Today(busy, list(drafts_of(list(organizers))[:DRAFTS_SHOWN]))


def failed_mail_of(organizers: Sequence[Organizer]) -> QuerySet[OutboxMessage]:
    """Mail about orders that was given up, with `order_code` and `organizer_id`; rare enough to join by its payload."""
    order = Order.objects.filter(pk=OuterRef("order_id"), organizer__in=[organizer.pk for organizer in organizers])
    return (
        OutboxMessage.objects.filter(parked_at__isnull=False, payload__has_key="order")
        .annotate(order_id=Cast(KT("payload__order"), BigIntegerField()))
        .annotate(order_code=order.values("code")[:1], organizer_id=order.values("organizer")[:1])
        .filter(organizer_id__isnull=False)
        .order_by("id")
    )
