"""A buyer changes a ticket below the secret address of the order."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from fairgate.events.models import Session, TicketType
from fairgate.lib import addresses
from fairgate.lib.ids import new_code
from fairgate.orders.actions import cancel_order
from fairgate.orders.models import Order, Ticket
from fairgate.orders.queries import order_secret
from fairgate.outbox.models import OutboxMessage
from fairgate.stock.models import Draw, Quota
from fairgate.testing.cast import Concert, buy

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(concert: Concert) -> TicketType:
    return make_second(concert)


def make_second(concert: Concert, capacity: int = 3) -> TicketType:
    starts_at = concert.session.starts_at + timedelta(days=1)
    session = Session.objects.create(event=concert.event, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))
    quota = Quota.objects.create(event=concert.event, session=session, name="Hall", capacity=capacity)
    second = TicketType.objects.create(event=concert.event, session=session, name="Second night", price=0)
    Draw.objects.create(ticket_type=second, quota=quota)
    return second


def page_of(order: Order, number: int = 0) -> str:
    address = addresses.order(order.code, order_secret(order))
    return f"{address}tickets/{order.tickets.all()[number].reference}/"


def text(answer: HttpResponse) -> str:
    return " ".join(answer.content.decode().split())


def errors_of(answer: HttpResponse) -> list[str]:
    return re.findall(r'id="field-([a-z0-9-]+)-error"', answer.content.decode())


def test_each_ticket_leads_to_its_page(
    client: Client, concert: Concert, second: TicketType, stalls: TicketType
) -> None:
    order = buy((concert.standard, 1), (concert.free, 1), (stalls, 1))
    cancel = buy((concert.free, 1))
    cancel_order(cancel, by=None, reason="")

    page = text(client.get(addresses.order(order.code, order_secret(order))))

    links = re.findall(r'href="([^"]+/tickets/[^"]+)">(Change [a-z ]+)<', page)
    standard, free, seated = (page_of(order, number) for number in range(3))
    assert links == [
        (standard, "Change the name"),
        (free, "Change the name"),
        (f"{free}#swap", "Change date or ticket"),
        (seated, "Change the name"),
        (f"{seated}#swap", "Change the seat"),
    ]
    assert "/tickets/" not in text(client.get(addresses.order(cancel.code, order_secret(cancel)))).replace(
        'href="/tickets/"', ""
    )


def test_another_name(client: Client, concert: Concert) -> None:
    order = buy((concert.free, 2))

    done = client.post(page_of(order, 1), {"name": " Ann Attendee "})

    assert (done.status_code, done["Location"]) == (302, f"{addresses.order(order.code, order_secret(order))}?changed")
    assert [one.attendee_name for one in order.tickets.all()] == ["Ben Buyer", "Ann Attendee"]
    assert "Your ticket is changed" in text(client.get(done["Location"]))


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "Ann\x00", "Ann\ufffd"])
def test_a_name_that_cannot_be_is_said_beside_the_field(client: Client, concert: Concert, name: str) -> None:
    order = buy((concert.free, 1))

    page = client.post(page_of(order), {"name": name})

    assert (page.status_code, errors_of(page)) == (422, ["name"])
    assert order.tickets.get().attendee_name == "Ben Buyer"


def test_another_date_is_shown_before_it_is_done(client: Client, concert: Concert, second: TicketType) -> None:
    order = buy((concert.free, 1))
    page = page_of(order)

    offered = re.findall(r'name="to" type="radio" value="(\d+)"', client.get(page).content.decode())
    asked = client.get(f"{page}swap/", {"to": offered[0]})

    assert offered == [str(second.pk)]
    assert asked.status_code == 200
    assert order.tickets.get().ticket_type == concert.free
    done = client.post(f"{page}swap/", {"to": offered[0], "seat": ""})
    assert done["Location"].endswith("?changed")
    assert order.tickets.get().ticket_type == second
    assert "Second night" in text(client.get(done["Location"]))


def test_nothing_chosen_is_said_beside_the_choice(client: Client, concert: Concert, second: TicketType) -> None:
    order = buy((concert.free, 1))

    answer = client.get(f"{page_of(order)}swap/")

    assert (answer.status_code, errors_of(answer)) == (422, ["to"])


def test_what_was_sold_meanwhile_is_said_and_everything_stays(
    client: Client, concert: Concert, second: TicketType
) -> None:
    order = buy((concert.free, 1))
    page = page_of(order)
    buy((second, 3), email="gail@example.org")

    answer = client.post(f"{page}swap/", {"to": str(second.pk)})

    assert answer.status_code == 409
    assert "There is no place left there. Nothing has changed." in text(answer)
    assert "Sold out at the moment:" in text(client.get(page))
    assert order.tickets.get().ticket_type == concert.free


def test_another_price_is_refused_with_both(client: Client, concert: Concert) -> None:
    order = buy((concert.free, 1))

    answer = client.post(f"{page_of(order)}swap/", {"to": str(concert.standard.pk)})

    assert answer.status_code == 409
    assert "This ticket was sold for ₹0, the other one costs ₹999." in text(answer)


def test_another_seat(client: Client, stalls: TicketType) -> None:
    order = buy((stalls, 1))
    page = page_of(order)

    asked = text(client.get(f"{page}swap/", {"to": str(stalls.pk)}))
    seats = re.findall(r'<option value="(\d+)">([^<]+)</option>', asked)
    done = client.post(f"{page}swap/", {"to": str(stalls.pk), "seat": seats[-1][0]})

    assert (len(seats), seats[-1][1]) == (29, "Stalls, row C, seat 10")
    assert done.status_code == 302
    assert str(order.tickets.get().seat) == "Stalls, row C, seat 10"


def test_a_seat_that_somebody_took_meanwhile_is_said_beside_it(client: Client, stalls: TicketType) -> None:
    order, other = buy((stalls, 1)), buy((stalls, 1), email="gail@example.org")
    taken = other.tickets.get().seat_id

    answer = client.post(f"{page_of(order)}swap/", {"to": str(stalls.pk), "seat": str(taken)})

    assert (answer.status_code, errors_of(answer)) == (409, ["seat"])
    assert f'value="{taken}"' not in answer.content.decode()


def test_a_canceled_ticket_says_why_it_stays(client: Client, concert: Concert, second: TicketType) -> None:
    order = buy((concert.free, 1))
    page = page_of(order)
    cancel_order(order, by=None, reason="")

    for answer in (client.get(page), client.post(page, {"name": "Ann"}), client.get(f"{page}swap/?to={second.pk}")):
        assert "This ticket is canceled, so it cannot be changed." in text(answer)
        assert "<form" not in text(answer)
    assert client.post(f"{page}swap/", {"to": str(second.pk)}).status_code == 409


@pytest.mark.parametrize("to", ["0", "-1", "x", "9" * 30, "\u0661", "1e3", "\x00"])
def test_a_choice_that_makes_no_sense_is_not_found(client: Client, concert: Concert, to: str) -> None:
    order = buy((concert.free, 1))

    for method in (client.get, client.post):
        assert method(f"{page_of(order)}swap/", {"to": to}).status_code == 404


@pytest.mark.parametrize("seat", ["x", "-1", "9" * 30, "0"])
def test_a_seat_that_makes_no_sense_changes_nothing(client: Client, stalls: TicketType, seat: str) -> None:
    order = buy((stalls, 1))

    assert client.post(f"{page_of(order)}swap/", {"to": str(stalls.pk), "seat": seat}).status_code == 409
    assert not OutboxMessage.objects.filter(topic="ticket_changed").exists()


def test_mallory_changes_nothing(client: Client, concert: Concert, second: TicketType) -> None:
    order, own = buy((concert.free, 1)), buy((concert.free, 1), email="mallory@example.org")
    reference = order.tickets.get().reference
    guesses = [
        f"/orders/{order.code}/{'x' * 22}/tickets/{reference}/",
        f"/orders/{order.code}/{order_secret(own)}/tickets/{reference}/",
        f"/orders/{own.code}/{order_secret(own)}/tickets/{reference}/",
        f"/orders/{order.code}/{order_secret(order)}/tickets/{new_code(12)}/",
    ]

    for page in guesses:
        assert client.get(page).status_code == client.post(page, {"name": "Mallory"}).status_code == 404
        assert client.get(f"{page}swap/?to={second.pk}").status_code == 404
        assert client.post(f"{page}swap/", {"to": str(second.pk)}).status_code == 404
    assert set(Ticket.objects.values_list("attendee_name", "ticket_type")) == {("Ben Buyer", concert.free.pk)}


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_sites_form_changes_nothing(
    client: Client, concert: Concert, second: TicketType, headers: dict[str, str]
) -> None:
    order = buy((concert.free, 1))
    page = page_of(order)

    assert client.post(page, {"name": "Mallory"}, headers=headers).status_code == 403
    assert client.post(f"{page}swap/", {"to": str(second.pk)}, headers=headers).status_code == 403
    assert not OutboxMessage.objects.filter(topic="ticket_changed").exists()


def test_the_page_is_as_secret_as_the_order(client: Client, concert: Concert) -> None:
    page = client.get(page_of(buy((concert.free, 1))))

    assert (page["Referrer-Policy"], page["Cache-Control"]) == ("no-referrer", "private, no-store")


@pytest.mark.parametrize("rows", [1, 10])
def test_pages_ask_as_much_for_one_as_for_ten(
    client: Client, concert: Concert, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    seconds = [make_second(concert) for _ in range(rows)]
    order = buy((concert.free, rows))
    page = page_of(order)

    # The order; what its tickets could be changed to.
    with django_assert_num_queries(2):
        client.get(addresses.order(order.code, order_secret(order)))
    # The order; the quotas of the ticket, what it could be changed to; whether somebody came in with it.
    with django_assert_num_queries(4):
        client.get(page)
    # The order; what it would become; whether somebody came in with it; free seats.
    with django_assert_num_queries(4):
        client.get(f"{page}swap/?to={seconds[0].pk}")
