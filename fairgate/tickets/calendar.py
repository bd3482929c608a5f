"""The sessions of an order as a calendar file (RFC 5545)."""

from __future__ import annotations

from icalendar import Calendar, Event

from fairgate.lib import clock
from fairgate.orders.models import Order


def render(order: Order) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Fairgate//EN")
    calendar.add("version", "2.0")
    sessions = {ticket.session for ticket in order.tickets.all() if not ticket.is_canceled}
    for session in sorted(sessions, key=lambda session: session.starts_at):
        entry = Event()
        entry.add("uid", f"{order.code}-{session.pk}@fairgate")
        entry.add("dtstamp", clock.now())
        entry.add("dtstart", session.starts_at)
        entry.add("dtend", session.ends_at)
        entry.add("summary", order.event.title)
        entry.add("location", ", ".join(filter(None, (order.event.place, order.event.address))))
        calendar.add_component(entry)
    return bytes(calendar.to_ical())
