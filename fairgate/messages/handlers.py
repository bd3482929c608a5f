"""The mails: one for each topic of the outbox. Each reads the present state, so a late mail says what is true then."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models.functions import Lower

from fairgate.accounts.links import absolute, choose_password
from fairgate.accounts.models import User
from fairgate.events.models import Event
from fairgate.lib import addresses
from fairgate.lib.i18n import gettext as _
from fairgate.lib.i18n import ngettext
from fairgate.messages import mail
from fairgate.orders import verification
from fairgate.orders.models import Order, OrderState, Ticket
from fairgate.orders.queries import order_of, order_secret
from fairgate.organizers.models import Organizer
from fairgate.outbox.handlers import handler
from fairgate.outbox.models import OutboxMessage
from fairgate.stock.seats import names_together
from fairgate.tickets import pdf
from fairgate.ui import formats

# "Find my tickets" answers with the latest orders; who has more has a mail for each of them.
FOUND_ORDERS = 20
CONSOLE = "/console/"


@handler("order_placed")
def order_placed(message: OutboxMessage) -> None:
    _send_order(message, _("You're in: your tickets for %(event)s"))


@handler("order_paid")
def order_paid(message: OutboxMessage) -> None:
    _send_order(message, _("Payment received: your tickets for %(event)s"))


@handler("tickets_resent")
def tickets_resent(message: OutboxMessage) -> None:
    _send_order(message, _("Once more: your tickets for %(event)s"))


@handler("tickets_canceled")
def tickets_canceled(message: OutboxMessage) -> None:
    order = _order(message)
    canceled = [
        ticket for ticket in order.tickets.all() if ticket.pk in {UUID(id) for id in message.payload["tickets"]}
    ]
    title = ngettext("Canceled: your ticket for %(event)s", "Canceled: your tickets for %(event)s", len(canceled))
    good = _good(order)
    _send(
        message,
        "canceled",
        order,
        title % {"event": order.event.title},
        attachment=_attachment(order) if good and order.is_paid else None,
        canceled=canceled,
        is_owed=any(ticket.gross for ticket in canceled) and order.payments.filter(received_at__isnull=False).exists(),
    )


@handler("ticket_changed")
def ticket_changed(message: OutboxMessage) -> None:
    """What was changed again, or canceled, meanwhile has a mail of its own, which says the rest."""
    order = _order(message)
    changed = [ticket for ticket in _good(order) if str(ticket.pk) == message.payload["ticket"]]
    if changed:
        title = _("Changed: your ticket for %(event)s") % {"event": order.event.title}
        attachment = _attachment(order) if order.is_paid else None
        _send(message, "changed", order, title, attachment=attachment, about=changed)


@handler("tickets_searched")
def tickets_searched(message: OutboxMessage) -> None:
    """To an address without orders nothing is sent: whoever typed it learns nothing, and nobody is bothered."""
    email = message.payload["email"]
    found = Order.objects.alias(address=Lower("email")).filter(address=email.lower())
    found = found.exclude(state=OrderState.CANCELED).select_related("event")
    orders = [
        {
            "name": order.event.title,
            "date": formats.full_day(order.placed_at, order.event.time_zone),
            "url": absolute(addresses.order(order.code, order_secret(order))),
        }
        for order in found.order_by("-pk")[:FOUND_ORDERS]
    ]
    if orders:
        title = _("Your tickets")
        footer = _("You get this mail because someone, probably you, asked for the tickets of this address.")
        mail.send(message, "found", to=email, subject=title, title=title, orders=orders, footer=footer)


@handler("address_asked")
def address_asked(message: OutboxMessage) -> None:
    """Once the sale has begun the link would lead nowhere, so a late mail is not sent."""
    event, email = Event.objects.select_related("organizer").get(pk=message.payload["event"]), message.payload["email"]
    if not verification.is_open(event):
        return
    starts_at = verification.sale_starts_at(event)
    zone = event.time_zone
    until = f"{formats.moment(starts_at, zone)} ({formats.zone_name(zone)})" if starts_at else ""
    title = _("Confirm your email for %(event)s") % {"event": event.title}
    link = addresses.confirmation(event.organizer.slug, event.slug, verification.token(event, email))
    footer = _("If it was not you who asked for this mail, do nothing.")
    mail.send(
        message,
        "confirm",
        to=email,
        subject=title,
        sender=event.organizer,
        title=title,
        event=event,
        until=until,
        url=absolute(link),
        footer=footer,
    )


@handler("member_invited")
def member_invited(message: OutboxMessage) -> None:
    people = User.objects.in_bulk([message.payload["user"], message.payload["by"]])
    user, by = people.get(message.payload["user"]), people.get(message.payload["by"])
    organizer = Organizer.objects.get(pk=message.payload["organizer"])
    if user is None:
        return
    is_new = not user.has_usable_password()
    title = _("Join the team of %(organizer)s") % {"organizer": organizer.name}
    mail.send(
        message,
        "invited",
        to=user.email,
        subject=title,
        title=title,
        organizer=organizer,
        by=by.get_full_name() if by else organizer.name,
        is_new=is_new,
        url=choose_password(user) if is_new else absolute(CONSOLE),
        footer=_("If you did not expect this, do nothing: without you the invitation has no effect."),
    )


@handler("password_forgotten")
def password_forgotten(message: OutboxMessage) -> None:
    user = User.objects.filter(pk=message.payload["user"], is_active=True).first()
    if user is None:
        return
    title = _("Choose a new password")
    footer = _("If you did not ask for this, do nothing: your password stays as it is.")
    mail.send(message, "password", to=user.email, subject=title, title=title, url=choose_password(user), footer=footer)


def _send_order(message: OutboxMessage, title: str) -> None:
    """Tickets if they are good, else how to pay for them. What was canceled meanwhile has a mail of its own."""
    order = _order(message)
    if order.is_paid:
        _send(message, "tickets", order, title % {"event": order.event.title}, attachment=_attachment(order))
    elif order.is_pending:
        pay_by = formats.day(order.pay_by, order.event.time_zone) if order.pay_by else ""
        title = _("Pay by %(day)s: your tickets for %(event)s") % {"day": pay_by, "event": order.event.title}
        transfer = [line.strip() for line in order.organizer.bank_details.splitlines() if line.strip()]
        seats = names_together(ticket.seat for ticket in _good(order) if ticket.seat)
        _send(message, "payment", order, title, seats=seats, pay_by=pay_by, transfer=transfer)


def _send(
    message: OutboxMessage,
    template: str,
    order: Order,
    title: str,
    *,
    attachment: tuple[str, bytes] | None = None,
    about: list[Ticket] | None = None,
    **context: Any,
) -> None:
    """About the whole order, or about some of its tickets."""
    organizer = order.organizer
    mail.send(
        message,
        template,
        to=order.email,
        subject=title,
        sender=organizer,
        attachment=attachment,
        title=title,
        order=order,
        tickets=_good(order),
        about=about,
        dates=_dates(order, about or list(order.tickets.all())),
        order_url=absolute(addresses.order(order.code, order_secret(order))),
        footer=_("Questions? Answer this mail: it reaches %(organizer)s.") % {"organizer": organizer.name},
        **context,
    )


def _order(message: OutboxMessage) -> Order:
    return order_of(message.payload["order"])


def _good(order: Order) -> list[Ticket]:
    return [ticket for ticket in order.tickets.all() if not ticket.is_canceled]


def _dates(order: Order, tickets: list[Ticket]) -> list[str]:
    zone = order.event.time_zone
    sessions = {ticket.session_id: ticket.session for ticket in tickets}
    in_order = sorted(sessions.values(), key=lambda session: session.starts_at)
    return [f"{formats.period(s.starts_at, s.ends_at, zone)} ({formats.zone_name(zone)})" for s in in_order]


def _attachment(order: Order) -> tuple[str, bytes]:
    return f"tickets-{order.code}.pdf", pdf.render(order)
