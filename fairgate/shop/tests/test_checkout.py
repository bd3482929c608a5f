from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, connections
from django.http import HttpResponse
from django.test import Client

from fairgate.core.audit import find_differences
from fairgate.events.models import Event
from fairgate.lib import clock, secrets
from fairgate.lib.ids import uuid7
from fairgate.orders.contact import buyer
from fairgate.orders.models import MailAsked, Order, OrderState, Ticket, VerifiedAddress
from fairgate.orders.pestering import PAUSE
from fairgate.outbox.models import OutboxMessage
from fairgate.payments.models import Payment
from fairgate.stock.models import Hold
from fairgate.testing.cast import Concert, buy, hold, make_concert, make_organizer

pytestmark = pytest.mark.django_db

BEN = {"name": "Ben Buyer", "email": "ben@example.org", "payment": "free"}


def checkout_of(client: Client, held: UUID) -> str:
    client.cookies["fairgate_hold"] = secrets.derive(settings.SECRET_KEY, "hold", str(held))
    return f"/checkout/{held}/"


def expire(held: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stock_hold SET expires_at = now() - interval '1 second' WHERE id = %s", [held])


def test_free_order(client: Client, concert: Concert) -> None:
    address = checkout_of(client, hold((concert.free, 2)).hold)

    assert client.get(address).status_code == 200
    answer = client.post(address, {**BEN, "attendee-2": "Ann"})

    order = Order.objects.get()
    assert answer["Location"].startswith(f"/orders/{order.code}/")
    assert (order.state, order.gross, order.email) == (OrderState.PAID, 0, "ben@example.org")
    assert [ticket.attendee_name for ticket in order.tickets.all()] == ["Ben Buyer", "Ann"]
    assert list(OutboxMessage.objects.values_list("topic", "payload")) == [("order_placed", {"order": order.pk})]
    assert find_in_page(client, answer["Location"], "You're in")


def find_in_page(client: Client, address: str, text: str) -> bool:
    return text in client.get(address).content.decode()


def test_order_by_transfer_awaits_its_money(client: Client, concert: Concert) -> None:
    address = checkout_of(client, hold((concert.standard, 1), (concert.free, 1)).hold)

    answer = client.post(address, {**BEN, "payment": "transfer"})

    order, payment = Order.objects.get(), Payment.objects.get()
    assert (order.state, order.gross, order.net, order.tax) == (OrderState.PENDING, 99900, 84661, 15239)
    assert (payment.state, payment.amount, payment.currency) == ("pending", 99900, "INR")
    assert order.pay_by is not None
    assert find_in_page(client, answer["Location"], "IBAN XX00 0000")
    assert client.get(answer["Location"] + "tickets.pdf").status_code == 404


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"name": "Ben\x00"}, ["name"]),
        ({"name": "Ben\ufffd"}, ["name"]),
        ({"email": "ben"}, ["email"]),
        ({"email": "ben@"}, ["email"]),
        ({"email": "a@b.c\r\nBcc: all@example.org"}, ["email"]),
        ({"email": "x" * 250 + "@example.org"}, ["email"]),
        ({"email": "ben\x00@example.org"}, ["email"]),
        ({"attendee-1": "\x01"}, ["attendee-1"]),
        ({"name": "", "email": "", "payment": ""}, ["name", "email"]),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_everything_typed_is_kept(
    client: Client, concert: Concert, typed: dict[str, str], fields: list[str]
) -> None:
    address = checkout_of(client, hold((concert.free, 1)).hold)

    page = client.post(address, {**BEN, "attendee-1": "Ann Attendee", **typed})

    assert page.status_code == 422
    assert re.findall(r'id="field-([a-z0-9-]+)-error"', page.content.decode()) == fields
    assert "attendee-1" in typed or "Ann Attendee" in page.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize("payment", ["transfer", "gold", ""])
def test_a_way_to_pay_that_does_not_fit_is_refused(client: Client, concert: Concert, payment: str) -> None:
    page = client.post(checkout_of(client, hold((concert.free, 1)).hold), {**BEN, "payment": payment})

    assert page.status_code == 422
    assert "Choose a way to pay that fits this order." in page.content.decode()
    assert not Order.objects.exists()


def test_more_than_one_buyer_may_have_is_said_beside_the_email(client: Client, concert: Concert) -> None:
    limit(concert, 2)
    buy((concert.free, 1))
    address = checkout_of(client, hold((concert.free, 2)).hold)

    page = client.post(address, {**BEN, "attendee-1": "Ann Attendee"})

    text = page.content.decode()
    assert page.status_code == 409
    assert re.findall(r'id="field-([a-z0-9-]+)-error"', text) == ["email"]
    assert "One buyer can have at most 2 of these tickets, all orders together. This would be more." in text
    assert 'value="Ann Attendee"' in text
    assert 'href="/riverside/concert/">Choose fewer' in text
    assert 'class="button secondary" href="/tickets/">Find my tickets' in text
    assert client.post(address, {**BEN, "email": "ann@example.org"}).status_code == 302


def test_who_may_not_order_here_can_give_the_places_back(client: Client, concert: Concert) -> None:
    address = checkout_of(client, hold((concert.free, 2)).hold)
    limit(concert, 1)
    client.post(address, BEN)

    assert client.post(address + "release/").status_code == 200
    assert taken(concert) == 0


def test_an_address_that_was_not_confirmed_is_refused_beside_its_field(client: Client, concert: Concert) -> None:
    Event.objects.update(verified_only=True)
    address = checkout_of(client, hold((concert.free, 1)).hold)

    page = client.post(address, BEN)

    assert page.status_code == 409
    assert re.findall(r'id="field-([a-z0-9-]+)-error"', page.content.decode()) == ["email"]
    assert "Only an address that was confirmed before the sale can order." in page.content.decode()
    VerifiedAddress.objects.create(event=concert.event, buyer=buyer("ben@example.org"))
    assert client.post(address, BEN).status_code == 302


def test_a_mistake_gives_a_few_minutes_more_once_and_shows_the_new_end(client: Client, concert: Concert) -> None:
    held = hold((concert.free, 1)).hold
    address = checkout_of(client, held)
    first_end = end_in(held, minutes=1)

    shown = ends_shown(client.post(address, {**BEN, "email": ""}))

    later = Hold.objects.get(pk=held).expires_at
    assert timedelta(minutes=3, seconds=30) < later - first_end <= timedelta(minutes=4, seconds=30)
    assert shown == {later.replace(microsecond=0)}
    last_end = end_in(held, minutes=1)
    assert ends_shown(client.post(address, {**BEN, "email": ""})) == {last_end}
    assert Hold.objects.get(pk=held).expires_at == last_end


def test_a_mistake_with_much_time_left_keeps_the_minutes_for_later(client: Client, concert: Concert) -> None:
    held = hold((concert.free, 1)).hold
    address = checkout_of(client, held)
    client.post(address, {**BEN, "email": ""})
    end = end_in(held, minutes=1)

    client.post(address, {**BEN, "email": ""})

    assert Hold.objects.get(pk=held).expires_at > end


def test_a_mistake_after_the_end_brings_nothing_back(client: Client, concert: Concert) -> None:
    held = hold((concert.free, 1)).hold
    address = checkout_of(client, held)
    expire(held)

    assert client.post(address, {**BEN, "email": ""}).status_code == 410
    assert not Hold.objects.get(pk=held).is_extended


def limit(concert: Concert, most: int) -> None:
    Event.objects.filter(pk=concert.event.pk).update(max_per_buyer=most)


def taken(concert: Concert) -> int:
    concert.quota.refresh_from_db()
    return concert.quota.taken


def end_in(held: UUID, *, minutes: int) -> datetime:
    end = (clock.now() + timedelta(minutes=minutes)).replace(microsecond=0)
    Hold.objects.filter(pk=held).update(expires_at=end)
    return end


def ends_shown(page: HttpResponse) -> set[datetime]:
    found = re.findall(r'data-countdown="([^"]+)"', page.content.decode())
    return {datetime.fromisoformat(text) for text in found}


def test_reload_back_button_and_second_click_lead_to_the_one_order(client: Client, concert: Concert) -> None:
    address = checkout_of(client, hold((concert.free, 1)).hold)
    first = client.post(address, BEN)["Location"]

    assert client.post(address, BEN)["Location"] == first
    assert client.post(address, {**BEN, "name": "Somebody else"})["Location"] == first
    assert client.get(address)["Location"] == first
    assert Order.objects.count() == 1


def test_expired_hold_says_so_and_sells_nothing(client: Client, concert: Concert) -> None:
    held = hold((concert.free, 1)).hold
    address = checkout_of(client, held)
    expire(held)

    assert client.get(address).status_code == 410
    assert client.post(address, BEN).status_code == 410
    assert not Order.objects.exists()


def test_buyer_gives_places_back(client: Client, concert: Concert) -> None:
    address = checkout_of(client, hold((concert.free, 5)).hold)

    assert client.post(address + "release/").status_code == 200
    assert client.get(address).status_code == 410
    concert.quota.refresh_from_db()
    assert concert.quota.taken == 0


def test_mallory_has_no_way_into_a_checkout(client: Client, concert: Concert) -> None:
    held = hold((concert.free, 1)).hold
    other = Client()

    for cookie in (None, "", "x" * 22, secrets.derive(settings.SECRET_KEY, "hold", str(uuid7()))):
        if cookie is not None:
            other.cookies["fairgate_hold"] = cookie
        assert other.get(f"/checkout/{held}/").status_code == 404
        assert other.post(f"/checkout/{held}/", BEN).status_code == 404
        assert other.post(f"/checkout/{held}/release/").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_on_another_site_is_refused(client: Client, concert: Concert, headers: dict[str, str]) -> None:
    address = checkout_of(client, hold((concert.free, 1)).hold)

    assert client.post(address, BEN, headers=headers).status_code == 403
    assert client.post("/tickets/", {"email": "ben@example.org"}, headers=headers).status_code == 403
    assert not Order.objects.exists()


def test_order_page_is_secret(client: Client, concert: Concert) -> None:
    address = client.post(checkout_of(client, hold((concert.free, 1)).hold), BEN)["Location"]
    order = Order.objects.get()

    page = client.get(address)

    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("no-referrer", "private, no-store")
    assert client.get(f"/orders/{order.code}/{'x' * 22}/").status_code == 404
    assert client.get(f"/orders/{order.code}/{'x' * 22}/tickets.pdf").status_code == 404
    other = client.get(f"/orders/ABCDEFGH/{address.split('/')[3]}/")
    assert (other.status_code, other["Referrer-Policy"]) == (404, "no-referrer")


def test_tickets_of_an_order(client: Client, concert: Concert) -> None:
    address = client.post(checkout_of(client, hold((concert.free, 1)).hold), BEN)["Location"]

    assert client.get(address + "tickets.pdf").content.startswith(b"%PDF")
    assert b"BEGIN:VEVENT" in client.get(address + "calendar.ics").content
    assert client.get(address).content.count(b'<img class="qr" src="data:image/svg+xml;base64,') == 1


def test_find_my_tickets_answers_everyone_the_same(client: Client, concert: Concert) -> None:
    known, unknown = (client.post("/tickets/", {"email": email}) for email in ("ben@example.org", "nobody@example.org"))

    assert known.content == unknown.content.replace(b"nobody@", b"ben@")
    assert OutboxMessage.objects.filter(topic="tickets_searched").count() == 2
    assert client.post("/tickets/", {"email": "x"}).status_code == 422


def test_find_my_tickets_mails_an_address_once_in_a_few_minutes(client: Client, concert: Concert) -> None:
    answers = [client.post("/tickets/", {"email": email}) for email in ("ben@example.org", "Ben@Example.org") * 3]
    client.post("/tickets/", {"email": "ben+other@example.org"})

    asked = OutboxMessage.objects.filter(topic="tickets_searched").values_list("payload__email", flat=True)
    assert {answer.status_code for answer in answers} == {200}
    assert list(asked.order_by("id")) == ["ben@example.org", "ben+other@example.org"]
    MailAsked.objects.update(at=clock.now() - 2 * PAUSE)
    client.post("/tickets/", {"email": "ben@example.org"})
    assert asked.count() == 3


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_at_once_are_one_order(transactional_db: None) -> None:
    concert = make_concert(make_organizer("riverside"))
    held = hold((concert.free, 2)).hold
    start = threading.Barrier(20)

    def click(_number: int) -> str:
        client = Client()
        address = checkout_of(client, held)
        start.wait()
        try:
            return str(client.post(address, BEN)["Location"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        got = set(pool.map(click, range(20)))

    assert len(got) == 1
    assert (Order.objects.count(), Ticket.objects.count()) == (1, 2)
    assert find_differences() == []


@pytest.mark.django_db(transaction=True)
def test_an_order_and_the_end_of_its_hold_never_both_win(transactional_db: None) -> None:
    concert = make_concert(make_organizer("riverside"))
    helds = [hold((concert.free, 1)).hold for _ in range(20)]
    start = threading.Barrier(40)

    def work(number: int) -> None:
        client = Client()
        address = checkout_of(client, helds[number // 2])
        start.wait()
        try:
            client.post(address + "release/" if number % 2 else address, {} if number % 2 else BEN)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(work, range(40)))

    concert.quota.refresh_from_db()
    assert concert.quota.taken == Ticket.objects.count()
    assert find_differences() == []
