"""How a sale goes right now, and minute by minute for an hour: what the on-sale page shows.

What is sold, held and free comes from the rows that decide; orders and tickets a minute from the ledgers; what refusals
there were, and how long answers took, from counts of the stock processes (fairgate.stock.pulse). Everyone who looks is
shown the same for up to two seconds, so ten organizers cost what one costs. Minutes that are over are read once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import BigIntegerField, Count, Min, OuterRef
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from fairgate.console.sale_facts import Facts, Kind, Mail, Minute, Places
from fairgate.console.sales import EventSales, sales_of
from fairgate.events.models import Event
from fairgate.lib import clock
from fairgate.lib.cache import Kept, cache, scopes
from fairgate.orders.models import Order
from fairgate.orders.pace import orders_by_minute
from fairgate.outbox.models import OutboxMessage
from fairgate.stock import catalog, ledger, pulse
from fairgate.stock.pulse import as_minute

MINUTES = 60
NOT_FOR_THEM = frozenset({"not-on-sale", "invalid", "limit", "not-verified"})
GONE = frozenset({"sold-out", "seat-taken"})

# Freshness: two seconds, and at once after what an organizer did (events.trace bumps it).
FACTS = Kept("on_sale", Facts, fresh_s=2, stale_s=1)
# Freshness: these minutes are over, and the key names the last one.
OVER = Kept("on_sale_over", list[Minute], fresh_s=120, stale_s=0)


def facts_of(event: Event) -> Facts:
    scope = scopes.event(event.organizer.slug, event.slug)
    found = cache().fetch(FACTS, (event.pk,), lambda: _read(event), [scope])
    assert found is not None
    return found


def _read(event: Event) -> Facts:
    now = clock.now()
    sales = sales_of([event])[event.pk]
    orders = sales.paid_orders + sales.pending_orders
    return Facts(now, _places(sales), _kinds(event, sales), _minutes(event, now), _mail(event), sales.tickets, orders)


def _places(sales: EventSales) -> list[Places]:
    return [
        Places(
            quota.id, quota.name, quota.session.starts_at, quota.capacity, quota.sold, quota.held, quota.is_seated
        )
        for quota in sales.quotas
    ]  # fmt: skip


def _kinds(event: Event, sales: EventSales) -> list[Kind]:
    with connection.cursor() as cursor:
        shown = catalog.read_ticket_types(cursor, event.pk)
    return [
        Kind(one.name, one.sale, one.sale_starts_at, sales.sold_of.get(one.id, 0), max(one.left_number, 0))
        for one in shown
    ]


def _minutes(event: Event, now: datetime) -> list[Minute]:
    """The minute before the present one is still open: counts of it may be on their way."""
    this = as_minute(now)
    over = cache().fetch(OVER, (event.pk, this - 2), lambda: _count(event, this - MINUTES, this - 1)) or []
    return [*over, *_count(event, this - 1, this + 1)]


def _count(event: Event, since: int, until: int) -> list[Minute]:
    """Of the minutes from `since` up to the one before `until`."""
    minutes = {minute: Minute(minute) for minute in range(since, until)}
    with connection.cursor() as cursor:
        flows = ledger.flow(cursor, event.pk, since, until)
        told = pulse.read(cursor, event.pk, since)
    for flow in flows:
        if flow.kind == "hold":
            minutes[flow.minute].taken += flow.tickets
        else:
            minutes[flow.minute].returned += flow.tickets
    for minute, orders in orders_by_minute(event.pk, since, until).items():
        minutes[minute].ordered = orders
    _add_told(minutes, told)
    return list(minutes.values())


def _add_told(minutes: dict[int, Minute], told: Iterable[pulse.MinuteOf]) -> None:
    for one in told:
        minute = minutes.get(one.minute)
        if minute is None:
            continue
        if one.what in GONE:
            minute.gone += one.count
        elif one.what in NOT_FOR_THEM:
            minute.not_for_them += one.count
        elif one.what == "busy":
            minute.busy += one.count
        elif one.what == pulse.VIEWS:
            minute.views = one.count
        elif one.what.startswith("ms-"):
            minute.speeds[one.what] = one.count


def _mail(event: Event) -> Mail:
    """Of this event's orders: other organizers' mail is theirs."""
    orders = Order.objects.filter(pk=OuterRef("order_id"), event=event)
    waiting = (
        OutboxMessage.objects.filter(done_at__isnull=True, parked_at__isnull=True, payload__has_key="order")
        .annotate(order_id=Cast(KT("payload__order"), BigIntegerField()))
        .annotate(of_event=orders.values("event")[:1])
        .filter(of_event=event.pk)
        .aggregate(waiting=Count("pk"), oldest_at=Min("created_at"))
    )
    return Mail(waiting["waiting"], waiting["oldest_at"])
