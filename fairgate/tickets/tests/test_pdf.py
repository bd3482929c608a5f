from __future__ import annotations

import pypdfium2
import pytest
import zxingcpp

from fairgate.events.models import TicketType
from fairgate.lib.ids import grouped
from fairgate.orders.actions import cancel_tickets
from fairgate.orders.models import Order
from fairgate.orders.queries import find_order, ticket_code
from fairgate.testing.cast import Concert, buy
from fairgate.tickets import pdf, typeface


@pytest.fixture
def order(concert: Concert) -> Order:
    return _read(buy((concert.standard, 2), (concert.free, 1)))


def test_each_ticket_has_a_page_whose_code_the_gate_reads(order: Order) -> None:
    document = _open(pdf.render(order))

    codes = [zxingcpp.read_barcodes(page.render(scale=2).to_pil())[0].text for page in document]

    assert codes == [ticket_code(ticket) for ticket in order.tickets.all()]


def test_a_page_names_what_a_person_looks_for(order: Order) -> None:
    ticket = order.tickets.all()[0]

    text = _text_of(pdf.render(order))

    for expected in (
        "The Concert",
        "Riverside Hall",
        "Riverside",
        "Ben Buyer",
        "Standard",
        grouped(ticket.reference),
        order.code,
        "₹999",
        "incl. 18% tax: ₹152.39",
        "1 of 3",
        str(ticket.session.starts_at.year),
    ):
        assert expected in text


def test_the_seat_is_named_and_the_code_below_it_still_reads(stalls: TicketType) -> None:
    order = _read(buy((stalls, 1)))

    data = pdf.render(order)

    assert "Stalls, row A, seat 5" in _text_of(data)
    assert zxingcpp.read_barcodes(_open(data)[0].render(scale=2).to_pil())[0].text == ticket_code(
        order.tickets.all()[0]
    )


def test_the_time_is_that_of_the_place(order: Order) -> None:
    session = order.tickets.all()[0].session
    session.starts_at = session.starts_at.replace(hour=14, minute=0)
    session.ends_at = session.starts_at.replace(hour=17)
    for ticket in order.tickets.all():
        ticket.session = session

    assert "19:30 – 22:30" in _text_of(pdf.render(order))  # noqa: RUF001


def test_canceled_tickets_are_left_out(order: Order) -> None:
    cancel_tickets(order, [order.tickets.all()[0]], by=None, reason="")

    assert len(_open(pdf.render(_read(order)))) == 2


@pytest.mark.parametrize(
    "name",
    [
        "Łukasz Żółć-Gżegżółka",
        "Příliš žluťoučký Kůň",
        "Jürgen Groß",
        "Ελένη Παπαδοπούλου",
        "Владимир Щукин",
    ],
)
def test_names_of_many_scripts_come_out_as_text(order: Order, name: str) -> None:
    _rename(order, name)

    text = _text_of(pdf.render(order))

    assert set(name) <= set(text)


def test_devanagari_is_put_together_from_its_signs() -> None:
    name = "श्रीवास्तव"

    assert len(typeface.shaped(name, "bold", 17)) < len(name)


@pytest.mark.parametrize(
    "name",
    [
        "山田太郎",
        "محمد علي",
        "👩‍👩‍👧‍👦 🎫",
        "\u202eevil",
        "a\u0301\u0302\u0303",
        "स्त्री \u0301\u202e عَرَبِيّ 👩‍🚀",
        "\ud83d",
        "<b>&amp;(\\)",
        "W" * 200,
        " ",
        "tab\tnew\nline",
    ],
)
def test_no_name_is_refused(order: Order, name: str) -> None:
    _rename(order, name)

    document = _open(pdf.render(order))

    assert zxingcpp.read_barcodes(document[0].render(scale=2).to_pil())[0].text == ticket_code(order.tickets.all()[0])


def test_long_words_and_titles_stay_on_the_page(order: Order) -> None:
    order.event.title = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihung mit großem Orchester"
    _rename(order, "Wolfeschlegelsteinhausenbergerdorff" * 3)

    page = _open(pdf.render(order))[0]

    texts = [page_object for page_object in page.get_objects() if page_object.type == 1]
    assert texts
    assert all(page_object.get_bounds()[2] <= pdf.WIDTH - pdf.MARGIN + 1 for page_object in texts)


def test_fonts_are_cut_down_to_what_is_used(order: Order) -> None:
    assert len(pdf.render(order)) < 40_000


def _read(order: Order) -> Order:
    found = find_order(order.code)
    assert found is not None
    return found


def _rename(order: Order, name: str) -> None:
    for ticket in order.tickets.all():
        ticket.attendee_name = name


def _open(data: bytes) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(data)


def _text_of(data: bytes) -> str:
    return str(_open(data)[0].get_textpage().get_text_bounded())
