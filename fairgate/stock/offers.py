"""What an event offers: ticket types, and the places they draw on. How many are left is the engine's business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from django.db import connection, transaction
from django.db.models import Max, ProtectedError

from fairgate.accounts.models import User
from fairgate.events import trace
from fairgate.events.details import TicketTypeDetails
from fairgate.events.models import Session, TicketType
from fairgate.stock import seating
from fairgate.stock.errors import DrawsFixed, NoPlaces, SessionInUse, SessionOnSale, SeveralSeats
from fairgate.stock.models import Draw, Move, Quota

# What a copy of a ticket type has in common with it.
COPIED = ("name", "description", "price", "tax_rate_bp", "min_per_order", "max_per_order", "max_per_buyer")


@transaction.atomic
def add_quota(session: Session, *, name: str, capacity: int, by: User) -> Quota:
    quota = Quota.objects.create(event_id=session.event_id, session=session, name=name, capacity=capacity)
    trace.record("quota.added", session.event, by=by, quota=name, capacity=capacity)
    return quota


@transaction.atomic
def rename_quota(quota: Quota, *, name: str, by: User) -> None:
    if quota.name == name:
        return
    before, quota.name = quota.name, name
    quota.save(update_fields=["name"])
    trace.record("quota.renamed", quota.event, by=by, before=before, after=name)


@transaction.atomic
def add_ticket_type(session: Session, *, details: TicketTypeDetails, quotas: Sequence[Quota], by: User) -> TicketType:
    _check_places(session, quotas)
    last = TicketType.objects.filter(event=session.event_id).aggregate(last=Max("position"))["last"]
    ticket_type = TicketType.objects.create(
        event_id=session.event_id, session=session, position=0 if last is None else last + 1, **asdict(details)
    )
    Draw.objects.bulk_create(Draw(ticket_type=ticket_type, quota=quota) for quota in quotas)
    trace.record("ticket_type.added", session.event, by=by, ticket_type=details.name, price=details.price)
    return ticket_type


@transaction.atomic
def edit_ticket_type(ticket_type: TicketType, *, details: TicketTypeDetails, quotas: Sequence[Quota], by: User) -> None:
    """A new price is for new holds: what is held or ordered keeps the price it was promised."""
    wanted = asdict(details)
    changed = {name: value for name, value in wanted.items() if getattr(ticket_type, name) != value}
    _change_draws(ticket_type, quotas, by)
    if not changed:
        return
    price_before = ticket_type.price
    for name, value in changed.items():
        setattr(ticket_type, name, value)
    ticket_type.save(update_fields=list(changed))
    prices = {"price_before": price_before, "price_after": ticket_type.price} if "price" in changed else {}
    trace.record(
        "ticket_type.edited", ticket_type.event, by=by, ticket_type=ticket_type.name, fields=list(changed), **prices
    )


@transaction.atomic
def copy_offer(source: Session, target: Session, *, by: User) -> None:
    """Sell for another date what is sold for this one: the same places and ticket types, on sale windows aside."""
    copies = {quota.pk: _copy_quota(quota, target, by) for quota in source.quotas.order_by("pk")}
    active = source.ticket_types.filter(is_active=True).prefetch_related("draws").order_by("position", "pk")
    for ticket_type in active:
        details = TicketTypeDetails(**{name: getattr(ticket_type, name) for name in COPIED})
        quotas = [copies[draw.quota_id] for draw in ticket_type.draws.all()]
        add_ticket_type(target, details=details, quotas=quotas, by=by)


@transaction.atomic
def set_on_sale(ticket_type: TicketType, is_active: bool, *, by: User) -> None:
    """Off sale at once; what is held or sold stays."""
    if ticket_type.is_active == is_active:
        return
    ticket_type.is_active = is_active
    ticket_type.save(update_fields=["is_active"])
    action = "ticket_type.activated" if is_active else "ticket_type.deactivated"
    trace.record(action, ticket_type.event, by=by, ticket_type=ticket_type.name)


@transaction.atomic
def remove_session(session: Session, *, by: User) -> None:
    """Remove a date with its ticket types and places, of which none was ever held."""
    event = session.event
    quotas = _lock(list(session.quotas.values_list("pk", flat=True)))
    if event.is_published and session.ticket_types.filter(is_active=True).exists():
        raise SessionOnSale
    if _were_places_held(quotas):
        raise SessionInUse
    Draw.objects.filter(quota__in=quotas).delete()
    # The ledger of a quota that never moved a place tells of its capacity alone, and goes with it.
    Move.objects.filter(quota__in=quotas).delete()
    with connection.cursor() as cursor:
        # Not by the ORM, which would first look up who refers to each of 20,000 seats. The database sees to that.
        cursor.execute("DELETE FROM stock_seat WHERE quota_id = ANY (%s)", ([quota.pk for quota in quotas],))
    try:
        session.quotas.all().delete()
        session.ticket_types.all().delete()
        trace.record("session.removed", event, by=by, session=session.pk)
        session.delete()
    except ProtectedError as error:
        raise SessionInUse from error


def are_draws_fixed(ticket_type: TicketType) -> bool:
    """A place must find its way back to where it came from, so draws are fixed from the first hold on."""
    if ticket_type.event.is_published and ticket_type.is_active:
        return True
    return _were_places_held(list(Quota.objects.filter(draws__ticket_type=ticket_type)), ticket_type)


def _copy_quota(quota: Quota, target: Session, by: User) -> Quota:
    if quota.is_seated:
        return seating.copy_seated_quota(quota, target, by=by)
    return add_quota(target, name=quota.name, capacity=quota.capacity, by=by)


def _change_draws(ticket_type: TicketType, quotas: Sequence[Quota], by: User) -> None:
    drawn = set(Draw.objects.filter(ticket_type=ticket_type).values_list("quota_id", flat=True))
    wanted = {quota.pk for quota in quotas}
    if drawn == wanted:
        return
    _check_places(ticket_type.session, quotas)
    _lock(sorted(drawn | wanted))
    if are_draws_fixed(ticket_type):
        raise DrawsFixed
    Draw.objects.filter(ticket_type=ticket_type).delete()
    Draw.objects.bulk_create(Draw(ticket_type=ticket_type, quota=quota) for quota in quotas)
    names = sorted(quota.name for quota in quotas)
    trace.record("ticket_type.draws_changed", ticket_type.event, by=by, ticket_type=ticket_type.name, quotas=names)


def _check_places(session: Session, quotas: Sequence[Quota]) -> None:
    if not quotas or any(quota.session_id != session.pk for quota in quotas):
        raise NoPlaces
    if sum(quota.is_seated for quota in quotas) > 1:
        raise SeveralSeats


def _lock(ids: Sequence[int]) -> list[Quota]:
    """In the order of ids, as every function of the stock does."""
    return list(Quota.objects.select_for_update().filter(pk__in=ids).order_by("pk"))


def _were_places_held(quotas: Sequence[Quota], ticket_type: TicketType | None = None) -> bool:
    moves = Move.objects.filter(quota__in=quotas).exclude(kind=Move.Kind.RESIZE)
    if ticket_type is not None:
        moves = moves.filter(ticket_type_id=ticket_type.pk)
    return moves.exists()
