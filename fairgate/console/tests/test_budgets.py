"""What each page costs in statements: the same with one row and with fifty.

Every page: the session and the person (2), their memberships (1). The rest is named beside each number.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from fairgate.accounts.models import User
from fairgate.checkin import grants
from fairgate.checkin.models import CheckinList
from fairgate.events.models import EventState
from fairgate.lib import clock
from fairgate.orders.models import Order
from fairgate.organizers.models import Membership, Organizer, Role
from fairgate.outbox.models import OutboxMessage
from fairgate.stock.models import Draw, Quota
from fairgate.testing.cast import Concert, buy, make_concert

pytestmark = pytest.mark.parametrize("rows", [1, 50])


def test_home(
    rows: int, as_olga: Client, olga: User, elsewhere: Organizer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Membership.objects.create(organizer=elsewhere, user=olga, role=Role.OWNER)
    concerts = [make_concert(elsewhere, slug=f"concert-{n}") for n in range(rows)]
    for concert in concerts:
        buy((concert.standard, 1))

    # Awaiting payment, failed mail, drafts.
    with django_assert_num_queries(6):
        assert as_olga.get("/console/").status_code == 200


def test_overview(
    rows: int, as_olga: Client, riverside: Organizer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(rows):
        make_concert(riverside, slug=f"concert-{n}")

    # Events on sale; awaiting payment, failed mail, drafts; quotas, draws, tickets, orders.
    with django_assert_num_queries(11):
        assert as_olga.get("/console/riverside/").status_code == 200


def test_events(
    rows: int, as_olga: Client, riverside: Organizer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(rows):
        make_concert(riverside, slug=f"concert-{n}")

    # Events.
    with django_assert_num_queries(4):
        assert as_olga.get("/console/riverside/events/").status_code == 200


def test_event(rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    more_ticket_types(concert, rows)
    more_lists(concert, rows)
    buy((concert.standard, 1))

    # The event; quotas, draws, tickets, orders; sessions, ticket types; lists and their ticket types; history.
    with django_assert_num_queries(13):
        assert as_olga.get("/console/riverside/events/concert/").status_code == 200


def test_a_draft(
    rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more_ticket_types(concert, rows)
    more_lists(concert, rows)
    concert.event.state = EventState.DRAFT
    concert.event.save()

    # As above, and what is missing (sessions, ticket types).
    with django_assert_num_queries(15):
        assert as_olga.get("/console/riverside/events/concert/").status_code == 200


def test_forms_of_an_event(
    rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more_ticket_types(concert, rows)
    # The event; then its sessions, its sessions, its quotas, its sessions and ticket types.
    budgets = {"details": 4, "sessions": 5, "quotas": 5, "ticket-types": 5, "check-in-lists": 6}

    for page, number in budgets.items():
        with django_assert_num_queries(number):
            assert as_olga.get(f"/console/riverside/events/concert/{page}/").status_code == 200


def test_ticket_type(
    rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more_ticket_types(concert, rows)

    # The event, the ticket type, quotas of the event, draws.
    with django_assert_num_queries(7):
        assert as_olga.get(f"/console/riverside/events/concert/ticket-types/{concert.standard.pk}/").status_code == 200


def test_check_in_list(
    rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more_ticket_types(concert, rows)
    more_lists(concert, rows)
    number = concert.event.checkin_lists.first().pk

    # The event, the list, its ticket types; sessions and ticket types of the event.
    with django_assert_num_queries(8):
        assert as_olga.get(f"/console/riverside/events/concert/check-in-lists/{number}/").status_code == 200


def test_orders(
    rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        buy((concert.free, 1))

    # Events for the filter, orders with their events, tickets.
    with django_assert_num_queries(6):
        assert as_olga.get("/console/riverside/orders/").status_code == 200


def test_order(rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    concert.standard.max_per_order = 50
    concert.standard.save()
    order = buy((concert.standard, rows))

    # The order, its tickets, payments, history.
    with django_assert_num_queries(7):
        assert as_olga.get(f"/console/riverside/orders/{order.code}/").status_code == 200


def test_cancellation(
    rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    concert.standard.max_per_order = 50
    concert.standard.save()
    order = buy((concert.standard, rows))

    # The order, its tickets.
    with django_assert_num_queries(5):
        assert as_olga.get(f"/console/riverside/orders/{order.code}/cancellation/?all=1").status_code == 200


def test_team(
    rows: int, as_olga: Client, riverside: Organizer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(rows):
        member = User.objects.create(email=f"member{n}@example.org")
        Membership.objects.create(organizer=riverside, user=member, role=Role.GATE)

    # Members.
    with django_assert_num_queries(4):
        assert as_olga.get("/console/riverside/team/").status_code == 200


def test_gates(
    rows: int, as_olga: Client, riverside: Organizer, gail: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(rows):
        grants.issue(gail, riverside, f"Door {n}")

    # Grants.
    with django_assert_num_queries(4):
        assert as_olga.get("/console/riverside/gate/").status_code == 200


def test_gate_key(
    rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more_lists(concert, rows)

    # The grant and its trace in a transaction (4), lists.
    with django_assert_num_queries(8):
        assert as_olga.post("/console/riverside/gate/", {"device": "Scanner 3"}).status_code == 201


def test_failed_mail(
    rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    park(buy((concert.free, 1)) for _ in range(rows))

    # Messages.
    with django_assert_num_queries(4):
        assert as_olga.get("/console/riverside/mail/").status_code == 200


def more_ticket_types(concert: Concert, rows: int) -> None:
    """The concert has two; as many copies of the first as asked for come after them."""
    for n in range(rows):
        copy = concert.event.ticket_types.create(session=concert.session, name=f"Kind {n}", price=100)
        Draw.objects.create(ticket_type=copy, quota=concert.quota)


def more_lists(concert: Concert, rows: int) -> None:
    """As many as asked for, each for every ticket type there is."""
    for n in range(rows):
        made = CheckinList.objects.create(event=concert.event, session=concert.session, name=f"Door {n}")
        made.ticket_types.set(concert.event.ticket_types.all())


def park(orders: Iterable[Order]) -> None:
    for order in list(orders):
        OutboxMessage.objects.filter(payload__order=order.pk).update(parked_at=clock.now())


def test_on_sale(
    rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    more_ticket_types(concert, rows)
    for number in range(rows):
        Quota.objects.create(event=concert.event, session=concert.session, name=f"Block {number}", capacity=1)

    # The event, its message, its places for the buttons. The figures: places, draws, tickets, orders (4), ticket types,
    # mail, and tickets, counts and orders of the minutes that are over and of those that are not (6).
    with django_assert_num_queries(18):
        assert as_olga.get("/console/riverside/events/concert/on-sale/").status_code == 200


def test_on_sale_now(
    rows: int, as_olga: Client, concert: Concert, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Of all who look, one in two seconds pays for the figures."""
    more_ticket_types(concert, rows)
    address, part = "/console/riverside/events/concert/on-sale/now/", {"HX-Request": "true"}

    # The event, and the figures as above.
    with django_assert_num_queries(16):
        assert as_olga.get(address, headers=part).status_code == 200
