"""The tickets of an order, one a page, made for a phone's screen and for half a sheet of paper."""

from __future__ import annotations

from fairgate.events.models import Session
from fairgate.lib.i18n import gettext as _
from fairgate.lib.i18n import ngettext
from fairgate.lib.ids import grouped
from fairgate.orders.models import Order, Ticket
from fairgate.orders.queries import ticket_code
from fairgate.tickets.codes import qr_code
from fairgate.tickets.document import Document, Page
from fairgate.tickets.typeface import weight, wrap
from fairgate.ui import formats

# A5 in points.
WIDTH, HEIGHT = 419.53, 595.28
MARGIN = 34.0
INNER = WIDTH - 2 * MARGIN
BAR = 10.0
QR_SIDE = 224.0
DETAILS_TOP = HEIGHT - 104
INK, SOFT, LINE = "#16151a", "#5b5a63", "#dddbe2"


def render(order: Order) -> bytes:
    """The tickets that are still good. Reads what `orders.queries.with_tickets` fetched."""
    tickets = [ticket for ticket in order.tickets.all() if not ticket.is_canceled]
    title = ngettext("Ticket for %(event)s", "Tickets for %(event)s", len(tickets)) % {"event": order.event.title}
    document = Document(title, WIDTH, HEIGHT)
    for number, ticket in enumerate(tickets, 1):
        _draw(document.add_page(), order, ticket, number, len(tickets))
    return document.output()


def _draw(page: Page, order: Order, ticket: Ticket, number: int, count: int) -> None:
    page.area(0, 0, WIDTH, BAR, order.event.accent or order.organizer.accent)
    _event(page, order, ticket)
    _holder(page, ticket)
    _code(page, ticket)
    _details(page, order, ticket, number, count)


def _event(page: Page, order: Order, ticket: Ticket) -> None:
    event, session = order.event, ticket.session
    y = _text(page, BAR + 18, order.organizer.name, "regular", 10, color=SOFT)
    size = 22 if len(event.title) <= 50 else 17
    y = _text(page, y + 2, event.title, "bold", size, lines=2)
    y = _text(page, y + 4, _dates(session, event.time_zone), "bold", 12, lines=2)
    place = " · ".join(filter(None, (session.name, event.place, event.address)))
    _text(page, y, place, "regular", 10.5, color=SOFT, lines=2)


def _dates(session: Session, zone: str) -> str:
    start = f"{formats.full_day(session.starts_at, zone)}, {formats.time(session.starts_at, zone)}"
    ends_that_day = formats.full_day(session.ends_at, zone) == formats.full_day(session.starts_at, zone)
    end = formats.time(session.ends_at, zone) if ends_that_day else formats.moment(session.ends_at, zone)
    return f"{start} – {end}"  # noqa: RUF001 (a dash between times, as in ui.formats)


def _holder(page: Page, ticket: Ticket) -> None:
    y = 158.0
    page.area(MARGIN, y, INNER, 0.75, LINE)
    y = _text(page, y + 8, ticket.attendee_name, "bold", 17)
    _text(page, y, ticket.ticket_type.name, "regular", 12)


def _code(page: Page, ticket: Ticket) -> None:
    """The code stands free; below it what can be typed where it cannot be scanned."""
    left, top = (WIDTH - QR_SIDE) / 2, 208.0
    page.qr(left, top, QR_SIDE, qr_code(ticket_code(ticket)))
    reference = weight("bold").line(grouped(ticket.reference), 16)
    page.text((WIDTH - reference.width) / 2, top + QR_SIDE, reference, INK)


def _details(page: Page, order: Order, ticket: Ticket, number: int, count: int) -> None:
    page.area(MARGIN, DETAILS_TOP, INNER, 0.75, LINE)
    cells = [
        (_("Order"), order.code, order.name),
        (_("Price"), *_price(order, ticket)),
        (_("Ticket"), _("%(number)s of %(count)s") % {"number": number, "count": count}, _("Admits one, once")),
    ]
    width = INNER / len(cells)
    for column, (label, value, note) in enumerate(cells):
        x, y = MARGIN + column * width, DETAILS_TOP + 10
        y = _text(page, y, label, "regular", 8.5, color=SOFT, left=x, width=width - 10)
        y = _text(page, y, value, "bold", 11.5, left=x, width=width - 10)
        _text(page, y, note, "regular", 8.5, color=SOFT, left=x, width=width - 10, lines=2)


def _price(order: Order, ticket: Ticket) -> tuple[str, str]:
    if not ticket.gross:
        return _("Free"), ""
    price = formats.money(ticket.gross, order.currency)
    if not ticket.tax:
        return price, ""
    tax = {"rate": formats.rate(ticket.tax_rate_bp), "tax": formats.money(ticket.tax, order.currency)}
    return price, _("incl. %(rate)s tax: %(tax)s") % tax


def _text(
    page: Page,
    y: float,
    text: str,
    style: str,
    size: float,
    *,
    color: str = INK,
    left: float = MARGIN,
    width: float = INNER,
    lines: int = 1,
) -> float:
    """Where the next text may begin."""
    font = weight(style)
    text = " ".join(text.split())
    for line in wrap(text, font, size, width, lines):
        page.text(left, y, line, color)
        y += size * 1.3
    return y
