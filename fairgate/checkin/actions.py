"""What organizers change about their gates."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from fairgate.accounts.models import User
from fairgate.checkin.errors import DateOnList, LastList, ListInUse, NameTaken, OtherDate, OtherEvent
from fairgate.checkin.models import CheckinList, Scan
from fairgate.checkin.queries import lists_naming
from fairgate.events.models import Event, Session, TicketType
from fairgate.lib.i18n import gettext as _
from fairgate.organizers import audit


def ensure_default_list(event: Event) -> CheckinList:
    """Every event has a list that lets in whoever holds a good ticket."""
    return CheckinList.objects.filter(event=event).first() or CheckinList.objects.create(
        event=event, name=_("Everyone")
    )


@transaction.atomic
def create_list(
    event: Event, *, name: str, session: Session | None, ticket_types: Sequence[TicketType], by: User
) -> CheckinList:
    """No session means all dates; no ticket types, all of them."""
    _check(event, session, ticket_types)
    gate_list = CheckinList(event=event, name=name, session=session)
    _save(gate_list)
    gate_list.ticket_types.set(ticket_types)
    _record("list.added", gate_list, by)
    return gate_list


@transaction.atomic
def change_list(
    gate_list: CheckinList, *, name: str, session: Session | None, ticket_types: Sequence[TicketType], by: User
) -> None:
    """From the next scan on; whoever was let in stays in."""
    _check(gate_list.event, session, ticket_types)
    before = gate_list.name, gate_list.session_id, set(gate_list.ticket_types.values_list("pk", flat=True))
    after = name, session and session.pk, {ticket_type.pk for ticket_type in ticket_types}
    if before == after:
        return
    gate_list.name, gate_list.session = name, session
    _save(gate_list)
    gate_list.ticket_types.set(ticket_types)
    _record("list.changed", gate_list, by)


@transaction.atomic
def remove_list(gate_list: CheckinList, *, by: User) -> None:
    # Two people who remove the last two lists wait for each other, and a scan waits for the answer.
    lists = list(CheckinList.objects.select_for_update().filter(event=gate_list.event_id).order_by("pk"))
    if Scan.objects.filter(list=gate_list).exists():
        raise ListInUse
    if len(lists) == 1:
        raise LastList
    _record("list.removed", gate_list, by)
    gate_list.delete()


def check_no_list_names(session: Session) -> None:
    """Ask before a date goes: a list would quietly lose the ticket types it is narrowed to."""
    if lists_naming(session).exists():
        raise DateOnList


def _check(event: Event, session: Session | None, ticket_types: Sequence[TicketType]) -> None:
    events = {part.event_id for part in ticket_types} | ({session.event_id} if session else set())
    if events - {event.pk}:
        raise OtherEvent
    if session and any(ticket_type.session_id != session.pk for ticket_type in ticket_types):
        raise OtherDate


def _save(gate_list: CheckinList) -> None:
    try:
        with transaction.atomic():
            gate_list.save()
    except IntegrityError as error:
        raise NameTaken from error


def _record(action: str, gate_list: CheckinList, by: User) -> None:
    event = gate_list.event
    audit.record(action, event, organizer=event.organizer_id, by=by, list=gate_list.pk, name=gate_list.name)
