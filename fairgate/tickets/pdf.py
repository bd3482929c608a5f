"""The tickets of an order, one a page, made for a phone's screen and for half a sheet of paper."""

from __future__ import annotations

from io import BytesIO
from threading import Lock

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from fairgate.events.models import Session
from fairgate.lib.i18n import gettext as _
from fairgate.lib.i18n import ngettext
from fairgate.lib.ids import grouped
from fairgate.orders.models import Order, Ticket
from fairgate.orders.queries import ticket_code
from fairgate.tickets.codes import qr_picture
from fairgate.tickets.typeface import font, shaped, width, wrap
from fairgate.ui import formats

# A5 in points.
WIDTH, HEIGHT = 419.53, 595.28
MARGIN = 34.0
INNER = WIDTH - 2 * MARGIN
BAR = 10.0
QR_SIDE = 224.0
DETAILS_TOP = HEIGHT - 104
INK, SOFT, LINE = "#16151a", "#5b5a63", "#dddbe2"

# Mails encode what they carry anyway: a form in letters within the file would only make it larger and slower.
rl_config.useA85 = 0

# Reportlab's fonts note what a document uses, and serve one document at a time.
_fonts = Lock()


def render(order: Order) -> bytes:
    """The tickets that are still good. Reads what `orders.queries.with_tickets` fetched."""
    tickets = [ticket for ticket in order.tickets.all() if not ticket.is_canceled]
    title = ngettext("Ticket for %(event)s", "Tickets for %(event)s", len(tickets)) % {"event": order.event.title}
    output = BytesIO()
    with _fonts:
        page = Canvas(output, (WIDTH, HEIGHT), lang="en")
        page.setTitle(title)
        page.setAuthor(order.organizer.name)
        page.setSubject(title)
        page.setViewerPreference("DisplayDocTitle", "true")
        for number, ticket in enumerate(tickets, 1):
            _draw(page, order, ticket, number, len(tickets))
            page.showPage()
        page.save()
    return output.getvalue()


def _draw(page: Canvas, order: Order, ticket: Ticket, number: int, count: int) -> None:
    _bar(page, 0, 0, width=WIDTH, height=BAR, color=order.event.accent or order.organizer.accent)
    _event(page, order, ticket)
    _code(page, ticket, top=_holder(page, ticket))
    _details(page, order, ticket, number, count)


def _event(page: Canvas, order: Order, ticket: Ticket) -> None:
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


def _holder(page: Canvas, ticket: Ticket) -> float:
    """Where the code may begin. The seat is what ushers look for, so it is as large as the name."""
    y = 158.0
    _bar(page, MARGIN, y, width=INNER, height=0.75, color=LINE)
    y = _text(page, y + 8, ticket.attendee_name, "bold", 17)
    y = _text(page, y, ticket.ticket_type.name, "regular", 12)
    if ticket.seat:
        y = _text(page, y, str(ticket.seat), "bold", 17)
    return y + 4


def _code(page: Canvas, ticket: Ticket, *, top: float) -> None:
    """The code stands free; below it what can be typed where it cannot be scanned."""
    left = (WIDTH - QR_SIDE) / 2
    picture = ImageReader(qr_picture(ticket_code(ticket)))
    page.drawImage(picture, left, HEIGHT - top - QR_SIDE, QR_SIDE, QR_SIDE)
    reference = grouped(ticket.reference)
    left = (WIDTH - width(reference, "bold", 16)) / 2
    _line(page, left, top + QR_SIDE, reference, style="bold", size=16, color=INK)


def _details(page: Canvas, order: Order, ticket: Ticket, number: int, count: int) -> None:
    _bar(page, MARGIN, DETAILS_TOP, width=INNER, height=0.75, color=LINE)
    cells = [
        (_("Order"), order.code, order.name),
        (_("Price"), *_price(order, ticket)),
        (_("Ticket"), _("%(number)s of %(count)s") % {"number": number, "count": count}, _("Admits one, once")),
    ]
    step = INNER / len(cells)
    for column, (label, value, note) in enumerate(cells):
        x, y = MARGIN + column * step, DETAILS_TOP + 10
        y = _text(page, y, label, "regular", 8.5, color=SOFT, left=x, room=step - 10)
        y = _text(page, y, value, "bold", 11.5, left=x, room=step - 10)
        _text(page, y, note, "regular", 8.5, color=SOFT, left=x, room=step - 10, lines=2)


def _price(order: Order, ticket: Ticket) -> tuple[str, str]:
    if not ticket.gross:
        return _("Free"), ""
    price = formats.money(ticket.gross, order.currency)
    if not ticket.tax:
        return price, ""
    tax = {"rate": formats.rate(ticket.tax_rate_bp), "tax": formats.money(ticket.tax, order.currency)}
    return price, _("incl. %(rate)s tax: %(tax)s") % tax


def _text(
    page: Canvas,
    y: float,
    text: str,
    style: str,
    size: float,
    *,
    color: str = INK,
    left: float = MARGIN,
    room: float = INNER,
    lines: int = 1,
) -> float:
    """Where the next text may begin."""
    text = " ".join(text.split())
    for line in wrap(text, style, size, room, lines):
        _line(page, left, y, line, style=style, size=size, color=color)
        y += size * 1.3
    return y


def _line(page: Canvas, x: float, y: float, text: str, *, style: str, size: float, color: str) -> None:
    """`y` is the top of the line's letters, from the top of the page as all measures here; PDF counts from below."""
    face = font(style)
    page.setFont(face.fontName, size)
    page.setFillColor(HexColor(color))
    page.drawString(x, HEIGHT - y - size * face.face.ascent / 1000, shaped(text, style, size))


def _bar(page: Canvas, x: float, y: float, *, width: float, height: float, color: str) -> None:
    page.setFillColor(HexColor(color))
    page.rect(x, HEIGHT - y - height, width, height, stroke=0, fill=1)
