from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from fairgate.accounts.models import User
from fairgate.console.tests.conftest import signed_in
from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.orders.actions import cancel_order
from fairgate.orders.models import Order
from fairgate.outbox.models import OutboxMessage
from fairgate.stock.models import Draw, Quota
from fairgate.testing.cast import Concert, buy, make_concert

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(concert: Concert) -> TicketType:
    return make_second(concert)


def make_second(concert: Concert) -> TicketType:
    starts_at = concert.session.starts_at + timedelta(days=1)
    session = Session.objects.create(event=concert.event, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3))
    quota = Quota.objects.create(event=concert.event, session=session, name="Hall", capacity=3)
    second = TicketType.objects.create(event=concert.event, session=session, name="Second night", price=0)
    Draw.objects.create(ticket_type=second, quota=quota)
    return second


def page_of(order: Order, number: int = 0) -> str:
    return f"/console/riverside/orders/{order.code}/tickets/{order.tickets.all()[number].reference}/"


def text(answer: HttpResponse) -> str:
    return " ".join(answer.content.decode().split())


def test_the_order_leads_to_each_good_ticket(as_olga: Client, concert: Concert) -> None:
    order = buy((concert.free, 2))

    page = text(as_olga.get(f"/console/riverside/orders/{order.code}/"))

    assert re.findall(r'href="([^"]+/tickets/[^"]+)"', page) == [page_of(order, 0), page_of(order, 1)]


def test_another_name(as_olga: Client, olga: User, concert: Concert) -> None:
    order = buy((concert.free, 2))

    answer = as_olga.post(page_of(order, 1), {"name": "Ann Attendee"}, follow=True)

    number = order.tickets.all()[1].reference
    assert [one.attendee_name for one in order.tickets.all()] == ["Ben Buyer", "Ann Attendee"]
    assert f"Ticket {number} is changed, and a mail with it is on its way to ben@example.org." in text(answer)
    assert f"Ticket {number}: name “Ben Buyer” became “Ann Attendee”" in text(answer)
    assert OutboxMessage.objects.filter(topic="ticket_changed").count() == 1


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "Ann\x00"])
def test_a_name_that_cannot_be_is_said_beside_the_field(as_olga: Client, concert: Concert, name: str) -> None:
    answer = as_olga.post(page_of(buy((concert.free, 1))), {"name": name})

    assert answer.status_code == 422
    assert 'id="id_name-error"' in text(answer)


def test_another_date_is_shown_before_it_is_done(as_olga: Client, concert: Concert, second: TicketType) -> None:
    order = buy((concert.free, 1))
    page = page_of(order)

    offered = re.findall(r'name="to" value="(\d+)"', as_olga.get(page).content.decode())
    asked = as_olga.get(f"{page}swap/", {"to": offered[0]})
    done = as_olga.post(f"{page}swap/", {"to": offered[0], "seat": ""}, follow=True)

    assert offered == [str(second.pk)]
    assert "Second night" in text(asked)
    assert order.tickets.get().ticket_type == second
    assert re.search(r"Ticket \w+: Free, [-\d]+ [:\d]+ became Second night, [-\d]+ [:\d]+", text(done))


def test_the_team_moves_people_after_the_sale_was_closed(as_olga: Client, concert: Concert, second: TicketType) -> None:
    order = buy((concert.free, 1))
    Event.objects.update(state=EventState.CLOSED)

    as_olga.post(f"{page_of(order)}swap/", {"to": str(second.pk)})

    assert order.tickets.get().ticket_type == second


def test_another_seat(as_olga: Client, stalls: TicketType) -> None:
    order, other = buy((stalls, 1)), buy((stalls, 1), email="gail@example.org")
    page = page_of(order)
    taken = str(other.tickets.get().seat_id)

    asked = text(as_olga.get(f"{page}swap/", {"to": str(stalls.pk)}))
    seats = re.findall(r'<option value="(\d+)">([^<]+)</option>', asked)

    assert (len(seats), seats[-1][1], taken in dict(seats)) == (28, "Stalls, row C, seat 10", False)
    for seat in (taken, "", "x"):
        refused = as_olga.post(f"{page}swap/", {"to": str(stalls.pk), "seat": seat})
        assert (refused.status_code, 'id="id_seat-error"' in text(refused)) == (422, True)
    assert as_olga.post(f"{page}swap/", {"to": str(stalls.pk), "seat": seats[-1][0]}).status_code == 302
    assert str(order.tickets.get().seat) == "Stalls, row C, seat 10"


def test_the_last_place_that_went_meanwhile_is_told(as_olga: Client, concert: Concert, second: TicketType) -> None:
    order = buy((concert.free, 1))
    buy((second, 3), email="gail@example.org")

    answer = as_olga.post(f"{page_of(order)}swap/", {"to": str(second.pk)})

    assert answer.status_code == 422
    assert "A ticket cannot be changed to that now." in text(answer)
    assert "Sold out at the moment:" in text(answer)


@pytest.mark.parametrize("to", ["", "x", "-1", "9" * 30])
def test_a_choice_that_makes_no_sense_is_refused(as_olga: Client, concert: Concert, to: str) -> None:
    page = page_of(buy((concert.free, 1)))

    assert as_olga.get(f"{page}swap/", {"to": to}).status_code == 422
    assert as_olga.post(f"{page}swap/", {"to": to}).status_code == 422


def test_a_canceled_ticket_says_why_it_stays(as_olga: Client, concert: Concert, second: TicketType) -> None:
    order = buy((concert.free, 1))
    cancel_order(order, by=None, reason="")

    assert "This ticket is canceled, so it cannot be changed." in text(as_olga.get(page_of(order)))
    for page, typed in ((page_of(order), {"name": "Ann"}), (f"{page_of(order)}swap/", {"to": str(second.pk)})):
        answer = as_olga.post(page, typed, follow=True)
        assert "This ticket is canceled, so it cannot be changed." in text(answer)


def test_roles(fay: User, gail: User, mallory: User, concert: Concert, second: TicketType) -> None:
    """Finance changes orders, the gate does not, and another organizer finds nothing."""
    order = buy((concert.free, 1))
    page = page_of(order)

    for user, status in ((gail, 403), (mallory, 404)):
        client = signed_in(user)
        assert client.post(page, {"name": "Mallory"}).status_code == status
        assert client.post(f"{page}swap/", {"to": str(second.pk)}).status_code == status
    assert order.tickets.get().attendee_name == "Ben Buyer"
    assert signed_in(fay).post(page, {"name": "Ann"}).status_code == 302


def test_a_ticket_of_another_order_is_not_found(as_olga: Client, concert: Concert) -> None:
    order, other = buy((concert.free, 1)), buy((concert.free, 1))
    mixed = f"/console/riverside/orders/{order.code}/tickets/{other.tickets.get().reference}/"

    assert as_olga.get(mixed).status_code == as_olga.post(mixed, {"name": "Ann"}).status_code == 404


def test_a_ticket_type_of_another_event_is_no_choice(as_olga: Client, concert: Concert) -> None:
    other = make_concert(concert.event.organizer, "other")

    answer = as_olga.post(f"{page_of(buy((concert.free, 1)))}swap/", {"to": str(other.free.pk)})

    assert answer.status_code == 422


@pytest.mark.parametrize("rows", [1, 20])
def test_pages_ask_as_much_for_one_choice_as_for_twenty(
    as_olga: Client, concert: Concert, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    seconds = [make_second(concert) for _ in range(rows)]
    page = page_of(buy((concert.free, 1)))

    # Who asks (3); the order, its tickets; the ticket's quotas, what it can become; whether somebody came in with it.
    with django_assert_num_queries(8):
        as_olga.get(page)
    # Who asks (3); the order, its tickets; what it can become (2); the target; its seats; whether somebody came in.
    with django_assert_num_queries(10):
        as_olga.get(f"{page}swap/?to={seconds[0].pk}")
