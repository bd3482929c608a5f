"""Changes to an event and its dates. What it sells is in stock.offers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from fairgate.accounts.models import User
from fairgate.events import times, trace
from fairgate.events.details import EventDetails, SessionDetails
from fairgate.events.errors import CurrencyFixed, CurrencyMisfit, NotReady, SlugFixed, SlugTaken, ZoneFixed, ZoneMisfit
from fairgate.events.models import Event, EventState, Session
from fairgate.lib import clock, money
from fairgate.lib.i18n import gettext as _
from fairgate.organizers.models import Organizer


@transaction.atomic
def create_event(organizer: Organizer, *, details: EventDetails, by: User) -> Event:
    """A draft, which only the team sees."""
    try:
        with transaction.atomic():
            event = Event.objects.create(organizer=organizer, **asdict(details))
    except IntegrityError as error:
        raise SlugTaken from error
    trace.record("event.created", event, by=by)
    return event


@transaction.atomic
def edit_event(event: Event, *, details: EventDetails, by: User) -> None:
    wanted = asdict(details)
    changed = [name for name, value in wanted.items() if getattr(event, name) != value]
    if not changed:
        return
    if "slug" in changed and event.state != EventState.DRAFT:
        raise SlugFixed
    if "time_zone" in changed:
        _move_to_zone(event, details.time_zone)
    if "currency" in changed:
        _move_to_currency(event, details.currency)
    for name in changed:
        setattr(event, name, wanted[name])
    try:
        with transaction.atomic():
            event.save(update_fields=changed)
    except IntegrityError as error:
        raise SlugTaken from error
    trace.record("event.edited", event, by=by, fields=changed)


@transaction.atomic
def publish_event(event: Event, *, by: User) -> None:
    """Put it on sale. Raises NotReady with a sentence for each thing that is missing."""
    _lock(event)
    reasons = what_is_missing(event)
    if reasons:
        raise NotReady(reasons)
    if event.state == EventState.DRAFT:
        _enter(event, EventState.PUBLISHED, "event.published", by)


@transaction.atomic
def close_event(event: Event, *, by: User) -> None:
    """End the sale. Holds made before stay good, tickets stay valid."""
    _lock(event)
    if event.state == EventState.PUBLISHED:
        _enter(event, EventState.CLOSED, "event.closed", by)


@transaction.atomic
def reopen_event(event: Event, *, by: User) -> None:
    _lock(event)
    reasons = what_is_missing(event)
    if reasons:
        raise NotReady(reasons)
    if event.state == EventState.CLOSED:
        _enter(event, EventState.PUBLISHED, "event.reopened", by)


def what_is_missing(event: Event) -> list[str]:
    """What an event needs before it goes on sale."""
    reasons = []
    ends = list(event.sessions.values_list("ends_at", flat=True))
    prices = list(event.ticket_types.filter(is_active=True).values_list("price", flat=True))
    if not ends:
        reasons.append(_("Add a date."))
    elif max(ends) <= clock.now():
        reasons.append(_("Add a date that is still to come; all are over."))
    if not prices:
        reasons.append(_("Add a ticket type that is on sale."))
    if any(prices) and not event.organizer.bank_details.strip():
        reasons.append(
            _("Add your bank account in the settings, so that buyers of paid tickets know where to transfer.")
        )
    return reasons


@transaction.atomic
def add_session(event: Event, *, details: SessionDetails, by: User) -> Session:
    session = Session.objects.create(event=event, **asdict(details))
    trace.record("session.added", event, by=by, session=session.pk)
    return session


@transaction.atomic
def edit_session(session: Session, *, details: SessionDetails, by: User) -> None:
    wanted = asdict(details)
    changed = [name for name, value in wanted.items() if getattr(session, name) != value]
    if not changed:
        return
    for name in changed:
        setattr(session, name, wanted[name])
    session.save(update_fields=changed)
    trace.record("session.edited", session.event, by=by, session=session.pk, fields=changed)


def _lock(event: Event) -> None:
    """Of two clicks at the same moment one waits, and finds the state that the other left."""
    event.state = Event.objects.select_for_update(of=("self",)).values_list("state", flat=True).get(pk=event.pk)


def _enter(event: Event, state: EventState, action: str, by: User) -> None:
    event.state = state
    event.save(update_fields=["state"])
    trace.record(action, event, by=by)


def _move_to_zone(event: Event, time_zone: str) -> None:
    """In a draft the clock on the wall is what was meant, so it stays and the instant moves."""
    if event.state != EventState.DRAFT:
        raise ZoneFixed
    old, new = event.zone, ZoneInfo(time_zone)
    for session in event.sessions.all():
        session.starts_at = _same_wall(session.starts_at, old, new)
        session.ends_at = _same_wall(session.ends_at, old, new)
        session.save(update_fields=["starts_at", "ends_at"])
    for ticket_type in event.ticket_types.all():
        starts_at, ends_at = ticket_type.sale_starts_at, ticket_type.sale_ends_at
        ticket_type.sale_starts_at = starts_at and _same_wall(starts_at, old, new)
        ticket_type.sale_ends_at = ends_at and _same_wall(ends_at, old, new)
        ticket_type.save(update_fields=["sale_starts_at", "sale_ends_at"])


def _same_wall(at: datetime, old: ZoneInfo, new: ZoneInfo) -> datetime:
    try:
        return times.to_utc(times.to_wall(at, old), new)
    except times.TimeError as error:
        raise ZoneMisfit from error


def _move_to_currency(event: Event, currency: str) -> None:
    """In a draft the number is what was meant, so 12.00 stays 12.00."""
    if event.state != EventState.DRAFT:
        raise CurrencyFixed
    for ticket_type in event.ticket_types.all():
        try:
            price = money.parse_amount(money.decimal_string(ticket_type.price, event.currency), currency)
        except ValueError as error:
            raise CurrencyMisfit(ticket_type.name, currency) from error
        ticket_type.price = price
        ticket_type.save(update_fields=["price"])
