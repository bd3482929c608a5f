from __future__ import annotations

import email
import email.policy
import io
import re
from datetime import timedelta

import pypdfium2
import pytest
import zxingcpp
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from fairgate.accounts.models import User
from fairgate.events.models import Event, TicketType
from fairgate.lib.ids import grouped
from fairgate.orders import verification
from fairgate.orders.actions import cancel_order, cancel_tickets, mark_paid, resend_tickets
from fairgate.orders.changes import rename_ticket, swap_ticket
from fairgate.orders.contact import buyer
from fairgate.orders.queries import order_secret, ticket_code
from fairgate.organizers.models import Organizer
from fairgate.outbox import actions as outbox
from fairgate.outbox import handlers, tasks
from fairgate.outbox.models import OutboxMessage
from fairgate.stock.models import Draw, Quota
from fairgate.testing.cast import Concert, buy
from fairgate.ui import formats

MAIL_QUERIES = 1  # The order with all that hangs on it.


def test_a_free_order_brings_its_tickets(concert: Concert) -> None:
    order = buy((concert.free, 2))

    sent = _deliver()

    assert sent.subject == "You're in: your tickets for The Concert"
    assert sent.to == ["ben@example.org"]
    assert _codes(sent) == [ticket_code(ticket) for ticket in order.tickets.all()]


def test_seats_are_named_while_they_are_to_be_paid_and_when_they_are_paid(stalls: TicketType, olga: User) -> None:
    order = buy((stalls, 4))

    asked = _deliver()
    mark_paid(order, by=olga)
    sent = _deliver()

    assert "\n\nStalls, row A, seats 2–5\n\nYour places are kept." in str(asked.body)  # noqa: RUF001
    for number in (2, 3, 4, 5):
        assert f"- Stalls, Stalls, row A, seat {number}, Ben Buyer: " in str(sent.body)
    assert "\n\n\n" not in str(asked.body) + str(sent.body)


def test_the_text_says_all_that_matters(concert: Concert) -> None:
    order = buy((concert.free, 1))
    ticket = order.tickets.get()

    text = str(_deliver().body)

    for expected in (
        "The Concert",
        "Riverside Hall",
        "(India Time)",
        "Free, Ben Buyer: " + grouped(ticket.reference),
        f"http://testserver/orders/{order.code}/{order_secret(order)}/",
        f"Order {order.code} · 1 ticket · Free",
        "Answer this mail: it reaches Riverside",
    ):
        assert expected in text
    assert "\n\n\n" not in text
    assert "<" not in text


def test_an_order_to_pay_says_how_and_until_when(concert: Concert) -> None:
    order = buy((concert.standard, 2))

    sent = _deliver()

    assert sent.subject.startswith("Pay by ")
    assert sent.attachments == []
    for expected in ("₹1,998", f"Reference: {order.code}", "IBAN XX00 0000", "incl. ₹304.78 tax"):
        assert expected in str(sent.body)
        assert expected in _page(sent)


def test_a_payment_brings_the_tickets(concert: Concert, olga: User) -> None:
    order = buy((concert.standard, 1))
    _deliver()

    mark_paid(order, by=olga)

    sent = _deliver()
    assert sent.subject == "Payment received: your tickets for The Concert"
    assert len(_codes(sent)) == 1


def test_a_cancellation_names_what_is_gone_and_attaches_what_stays(concert: Concert, olga: User) -> None:
    order = buy((concert.standard, 2))
    mark_paid(order, by=olga)
    _deliver_all()
    gone, stays = order.tickets.all()

    cancel_tickets(order, [gone], by=olga, reason="sick")

    sent = _deliver()
    assert sent.subject == "Canceled: your ticket for The Concert"
    assert grouped(gone.reference) in str(sent.body)
    assert "Riverside will contact you about the money." in str(sent.body)
    assert _codes(sent) == [ticket_code(stays)]


def test_a_changed_ticket_comes_anew_with_the_code_it_had(concert: Concert) -> None:
    order = buy((concert.free, 2))
    first, second = order.tickets.all()
    codes = _codes(_deliver())

    rename_ticket(order, second, name="Ann Attendee", by=None)

    sent = _deliver()
    assert (sent.to, sent.subject) == (["ben@example.org"], "Changed: your ticket for The Concert")
    assert f"- Free, Ann Attendee: {grouped(second.reference)}\n" in str(sent.body)
    assert grouped(first.reference) not in str(sent.body)
    assert grouped(second.reference) in _page(sent)
    assert _codes(sent) == codes


def test_another_date_is_the_only_one_in_its_mail(concert: Concert) -> None:
    order = buy((concert.free, 2))
    later = concert.session.starts_at + timedelta(days=400)
    session = concert.event.sessions.create(starts_at=later, ends_at=later + timedelta(hours=1))
    matinee = concert.event.ticket_types.create(session=session, name="Matinee", price=0)
    quota = Quota.objects.create(event=concert.event, session=session, name="Hall", capacity=9)
    Draw.objects.create(ticket_type=matinee, quota=quota)
    _deliver()

    swap_ticket(order, order.tickets.all()[1], ticket_type=matinee, seat=None, by=None)

    text = str(_deliver().body)
    assert "- Matinee, Ben Buyer: " in text
    assert formats.day(later, "Asia/Kolkata") in text
    assert formats.day(concert.session.starts_at, "Asia/Kolkata") not in text


def test_a_changed_ticket_that_is_not_paid_brings_no_code(concert: Concert) -> None:
    order = buy((concert.standard, 1))
    _deliver()

    rename_ticket(order, order.tickets.get(), name="Ann Attendee", by=None)

    sent = _deliver()
    assert sent.attachments == []
    assert "attached" not in str(sent.body)


def test_a_late_mail_about_a_ticket_canceled_meanwhile_is_not_sent(concert: Concert, olga: User) -> None:
    order = buy((concert.free, 2))
    _deliver()
    rename_ticket(order, order.tickets.all()[0], name="Ann Attendee", by=None)
    cancel_tickets(order, [order.tickets.all()[0]], by=olga, reason="")

    assert [sent.subject for sent in _deliver_all()] == ["Canceled: your ticket for The Concert"]


def test_a_canceled_order_owes_nothing_that_was_not_paid(concert: Concert, olga: User) -> None:
    order = buy((concert.standard, 1))
    _deliver()

    cancel_order(order, by=olga, reason="")

    sent = _deliver()
    assert "money" not in str(sent.body)
    assert sent.attachments == []


def test_a_late_first_mail_of_a_canceled_order_is_not_sent(concert: Concert, olga: User) -> None:
    order = buy((concert.free, 1))
    cancel_order(order, by=olga, reason="")

    subjects = [sent.subject for sent in _deliver_all()]

    assert subjects == ["Canceled: your ticket for The Concert"]


def test_tickets_are_sent_once_more(concert: Concert) -> None:
    order = buy((concert.free, 1))
    _deliver()

    resend_tickets(order, by=None)

    assert _deliver().subject == "Once more: your tickets for The Concert"


def test_tickets_are_found_by_address_however_it_is_written(concert: Concert, olga: User) -> None:
    mine, canceled = buy((concert.free, 1)), buy((concert.free, 1))
    other = buy((concert.free, 1), email="gail@example.org")
    cancel_order(canceled, by=olga, reason="")
    OutboxMessage.objects.all().delete()

    outbox.send("tickets_searched", email="BEN@example.org")

    text = str(_deliver().body)
    assert re.findall(r"/orders/(\w+)/", text) == [mine.code]
    assert other.code not in text


def test_who_has_no_tickets_gets_no_mail(concert: Concert) -> None:
    outbox.send("tickets_searched", email="nobody@example.org")

    assert _deliver_all() == []


def test_a_link_that_confirms_an_address(concert: Concert) -> None:
    Event.objects.filter(pk=concert.event.pk).update(verified_only=True)
    TicketType.objects.update(sale_starts_at="2031-03-14T04:00Z")
    verification.ask(concert.event, "Ben+1@example.org")

    sent = _deliver()

    assert (sent.to, sent.subject) == (["Ben+1@example.org"], "Confirm your email for The Concert")
    assert "before the sale begins, Friday 14 March 2031, 09:30 (India Time), can order" in str(sent.body)
    token = re.search(r"http://testserver/riverside/concert/confirm/([\w-]{44})/\n", str(sent.body))[1]  # type: ignore[index]
    assert verification.buyer_of(concert.event, token) == buyer("ben@example.org")
    assert token in _page(sent)


def test_a_link_that_would_lead_nowhere_is_not_sent(concert: Concert) -> None:
    Event.objects.filter(pk=concert.event.pk).update(verified_only=True)
    verification.ask(concert.event, "ben@example.org")
    TicketType.objects.update(sale_starts_at="2020-03-14T04:00Z")

    assert _deliver_all() == []


def test_an_invitation_leads_to_a_password(riverside: Organizer, olga: User) -> None:
    new = User.objects.create_user("new@example.org", None)
    outbox.send("member_invited", user=new.pk, organizer=riverside.pk, by=olga.pk)

    sent = _deliver()

    assert sent.to == ["new@example.org"]
    assert "Olga added you to the team of Riverside." in str(sent.body)
    assert re.search(r"http://testserver/accounts/password/reset/key/\S+/\n", str(sent.body))


def test_an_invitation_of_who_has_an_account_leads_to_the_console(riverside: Organizer, olga: User, gail: User) -> None:
    outbox.send("member_invited", user=gail.pk, organizer=riverside.pk, by=olga.pk)

    assert "http://testserver/console/\n" in str(_deliver().body)


def test_the_organizer_writes_from_the_installations_address(concert: Concert) -> None:
    concert.event.organizer.name = 'Müller, "Söhne" & Co'
    concert.event.organizer.save()
    buy((concert.free, 1))

    sent = _deliver()

    read = email.message_from_bytes(sent.message().as_bytes(), policy=email.policy.default)
    (sender,) = read["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ('Müller, "Söhne" & Co', "tickets@testserver")
    assert read["Reply-To"] == "hello@riverside.example.org"


@pytest.mark.parametrize("evil", ["Evil\r\nBcc: all@example.org", "Evil\nX: y", "Evil\x00\x0b\x85\u2028X: y"])
def test_what_people_type_never_becomes_a_header(concert: Concert, evil: str) -> None:
    concert.event.title = evil.replace("\x00", "")
    concert.event.save()
    concert.event.organizer.name = concert.event.title
    concert.event.organizer.save()
    buy((concert.free, 1))

    raw = _deliver().message().as_bytes()

    headers = raw.partition(b"\n\n")[0]
    assert not re.search(rb"^(Bcc|X):", headers, re.MULTILINE)


def test_what_people_type_is_escaped_on_the_page(concert: Concert) -> None:
    buy((concert.free, 1), name="<script>alert(1)</script>")

    page = _page(_deliver())

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_mail_is_known_by_its_outbox_row(concert: Concert) -> None:
    buy((concert.free, 1))
    message = OutboxMessage.objects.get()

    handlers.handle(message)
    handlers.handle(message)

    assert [sent.message()["Message-ID"] for sent in mail.outbox] == [f"<outbox-{message.pk}@testserver>"] * 2


@pytest.mark.parametrize("count", [1, 10])
def test_a_mail_asks_the_database_no_more_for_ten_tickets(
    concert: Concert, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    buy((concert.free, count))
    message = OutboxMessage.objects.get()

    with django_assert_num_queries(MAIL_QUERIES):
        handlers.handle(message)


def _deliver() -> EmailMultiAlternatives:
    (sent,) = _deliver_all()
    return sent


def _deliver_all() -> list[EmailMultiAlternatives]:
    """What the worker does with the rows that wait."""
    mail.outbox.clear()
    for message in OutboxMessage.objects.filter(done_at=None).order_by("pk"):
        with transaction.atomic():
            tasks.run(message.pk, message.attempts)
        message.refresh_from_db()
        assert message.last_error == ""
    return list(mail.outbox)  # type: ignore[arg-type]


def _page(sent: EmailMultiAlternatives) -> str:
    return str(sent.alternatives[0][0])


def _codes(sent: EmailMultiAlternatives) -> list[str]:
    """What the gate's camera would read from the attachment."""
    ((name, content, kind),) = sent.attachments  # type: ignore[misc]
    assert kind == "application/pdf"
    assert re.fullmatch(r"tickets-\w+\.pdf", str(name))
    document = pypdfium2.PdfDocument(io.BytesIO(content))  # type: ignore[arg-type]
    return [zxingcpp.read_barcodes(page.render(scale=2).to_pil())[0].text for page in document]
