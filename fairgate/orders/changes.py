"""Changes to a ticket inside its own place: another name, another date, kind or seat. Its code stays the same.

Locks, in this order: the order, the ticket, the buyer where there is a limit, then quotas by id. The lock on the
ticket is the one that a scan waits for (`checkin/sql/scan.sql`): nobody is let in with a ticket that becomes another.
"""

from __future__ import annotations

from django.db import connection, transaction

from fairgate.accounts.models import User
from fairgate.events.models import TicketType
from fairgate.events.times import to_wall
from fairgate.lib import clock
from fairgate.orders import errors
from fairgate.orders.models import Order, Ticket
from fairgate.organizers import audit
from fairgate.outbox import actions as outbox
from fairgate.stock.actions import Place, swap_place
from fairgate.stock.models import Draw, Seat


@transaction.atomic
def rename_ticket(order: Order, ticket: Ticket, *, name: str, by: User | None) -> None:
    """Write another name on a ticket. Raises NoSuchTicket, TicketCanceled, TicketUsed or DateOver."""
    own = _lock(order, ticket)
    before = own.attendee_name
    if before == name:
        return
    own.attendee_name = name
    own.save(update_fields=["attendee_name"])
    _record("ticket.renamed", own, by, before=before, after=name)


@transaction.atomic
def swap_ticket(order: Order, ticket: Ticket, *, ticket_type: TicketType, seat: int | None, by: User | None) -> None:
    """Give a ticket another date, kind or seat at the price that was paid; without a seat it gets the best one.

    What it has goes back only as it gets the other, so it may do so when everything is sold. Raises what
    `rename_ticket` does; NothingToChange, NotOffered, OtherPrice, OtherTax, LimitReached; and of the stock SoldOut,
    SeatTaken and SeatUnknown. Then nothing has changed.
    """
    own = _lock(order, ticket)
    target = TicketType.objects.select_related("session", "event").get(pk=ticket_type.pk)
    if target.pk == own.ticket_type_id:
        if seat in (None, own.seat_id):
            raise errors.NothingToChange
    else:
        _check_offer(own, target, by)
        _check_limit(own, target)
    before = described(own)
    place = Place(own.pk, own.ticket_type_id, own.seat_id)
    seat = swap_place(own.order.hold_id, place, ticket_type=target.pk, seat=seat)
    own.ticket_type, own.session = target, target.session
    own.seat = None if seat is None else Seat.objects.get(pk=seat)
    own.save(update_fields=["ticket_type", "session", "seat"])
    _record("ticket.swapped", own, by, before=before, after=described(own))


def check_changeable(ticket: Ticket) -> None:
    """Raises TicketCanceled, TicketUsed or DateOver."""
    if ticket.is_canceled:
        raise errors.TicketCanceled
    if ticket.session.ends_at <= clock.now():
        raise errors.DateOver
    if ticket.scans.filter(result="admitted").exists():
        raise errors.TicketUsed


def why_not(ticket: Ticket) -> str:
    """The sentence for who cannot change a ticket any more; "" while it can be changed."""
    try:
        check_changeable(ticket)
    except errors.OrderError as error:
        return error.message
    return ""


def described(ticket: Ticket) -> dict[str, str]:
    """What a change leaves in the history: what a ticket was for, whatever is renamed or moved later."""
    starts_at = to_wall(ticket.session.starts_at, ticket.event.zone)
    words = {"ticket_type": ticket.ticket_type.name, "date": f"{starts_at:%Y-%m-%d %H:%M}"}
    return words | ({"seat": str(ticket.seat)} if ticket.seat else {})


def _lock(order: Order, ticket: Ticket) -> Ticket:
    """The ticket as it is now, and stays until the transaction ends."""
    locked = Order.objects.select_for_update().get(pk=order.pk)
    rows = locked.tickets.select_related("event", "ticket_type", "session", "seat").select_for_update(of=("self",))
    own = rows.filter(pk=ticket.pk).first()
    if own is None:
        raise errors.NoSuchTicket
    own.order = locked
    check_changeable(own)
    return own


def _check_offer(own: Ticket, target: TicketType, by: User | None) -> None:
    """The team may also move people to what is not on sale yet, and after the sale was closed."""
    is_on_sale = target.event.is_published and not (target.sale_starts_at and target.sale_starts_at > clock.now())
    if target.event_id != own.event_id or not target.is_active or target.session.ends_at <= clock.now():
        raise errors.NotOffered
    if by is None and not is_on_sale:
        raise errors.NotOffered
    if not Draw.objects.filter(ticket_type=target).exists():
        raise errors.NotOffered
    if target.price != own.gross:
        raise errors.OtherPrice(own.gross, target.price, target.event.currency)
    if target.price and target.tax_rate_bp != own.tax_rate_bp:
        raise errors.OtherTax


def _check_limit(own: Ticket, target: TicketType) -> None:
    if target.max_per_buyer is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT orders_check_limits(%s, %s, ARRAY[%s::bigint], ARRAY[1], true)",
            (own.event_id, own.order.buyer, target.pk),
        )
        (most,) = cursor.fetchone()
    if most is not None:
        raise errors.LimitReached(most)


def _record(action: str, ticket: Ticket, by: User | None, **data: object) -> None:
    order = ticket.order
    audit.record(action, order, organizer=order.organizer_id, by=by, ticket=ticket.reference, **data)
    outbox.send("ticket_changed", order=order.pk, ticket=str(ticket.pk))
