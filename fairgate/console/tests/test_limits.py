"""How many tickets one order and one buyer may have, and who may order, as organizers say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from fairgate.accounts.models import User
from fairgate.console.tests.test_events import details
from fairgate.events.actions import add_session
from fairgate.events.details import SessionDetails
from fairgate.events.models import Event, EventState, TicketType
from fairgate.lib import clock
from fairgate.organizers import audit
from fairgate.stock import offers
from fairgate.testing.cast import Concert

BASE = "/console/riverside/events/concert/"
WARNING = "no ticket type has a sale that is still to begin"


def ticket(concert: Concert, **changes: str) -> dict[str, Any]:
    return {"name": "Standard", "price": "999", "tax_rate": "18", "min_per_order": "1", "max_per_order": "10"} | changes


def test_limits_of_a_ticket_are_kept_and_shown(as_olga: Client, concert: Concert) -> None:
    address = f"{BASE}ticket-types/{concert.standard.pk}/"

    as_olga.post(address, ticket(concert, min_per_order="2", max_per_order="6", max_per_buyer="8"))

    concert.standard.refresh_from_db()
    kind = concert.standard
    shown = as_olga.get(address).content.decode()
    assert (kind.min_per_order, kind.max_per_order, kind.max_per_buyer) == (2, 6, 8)
    assert ['name="min_per_order" value="2"' in shown, 'name="max_per_buyer" value="8"' in shown] == [True, True]
    assert audit.history(concert.event).get().data["fields"] == ["min_per_order", "max_per_order", "max_per_buyer"]


def test_a_limit_for_a_buyer_left_empty_is_none(as_olga: Client, concert: Concert) -> None:
    TicketType.objects.update(max_per_buyer=4)

    typed = ticket(concert, max_per_buyer="")
    as_olga.post(f"{BASE}ticket-types/{concert.standard.pk}/", typed)

    concert.standard.refresh_from_db()
    assert concert.standard.max_per_buyer is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"min_per_order": "5", "max_per_order": "4"}, "At least 5, but at most 4 in one order: choose 4 or less."),
        ({"min_per_order": "3", "max_per_buyer": "2"}, "at least 3 at once: choose 3 or more, or nothing."),
        ({"min_per_order": "7"}, "One buyer may have at most 6 tickets for this event: choose 6 or less."),
        ({"min_per_order": ""}, "This field is required."),
        ({"min_per_order": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"min_per_order": "101"}, "Ensure this value is less than or equal to 100."),
        ({"max_per_buyer": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"max_per_buyer": "1001"}, "Ensure this value is less than or equal to 1000."),
        ({"max_per_buyer": "two"}, "Enter a whole number."),
    ],
)  # fmt: skip
def test_limits_that_nobody_could_keep_are_refused_beside_their_field(
    as_olga: Client, concert: Concert, typed: dict[str, str], sentence: str
) -> None:
    Event.objects.update(max_per_buyer=6)

    response = as_olga.post(f"{BASE}ticket-types/{concert.standard.pk}/", ticket(concert, **typed))

    page = response.content.decode()
    assert (response.status_code, page.count(sentence)) == (422, 2)
    assert all(f'name="{name}" value="{value}"' in page for name, value in typed.items() if value)
    assert TicketType.objects.filter(min_per_order=1, max_per_order=10, max_per_buyer=None).count() == 2


def test_limits_of_an_event_are_kept(as_olga: Client, concert: Concert) -> None:
    as_olga.post(f"{BASE}details/", details(concert, max_per_buyer="6", verified_only="on"))

    concert.event.refresh_from_db()
    shown = as_olga.get(f"{BASE}details/").content.decode()
    assert (concert.event.max_per_buyer, concert.event.verified_only) == (6, True)
    assert 'name="max_per_buyer" value="6"' in shown
    assert audit.history(concert.event).get().data == {"fields": ["max_per_buyer", "verified_only"]}

    as_olga.post(f"{BASE}details/", details(concert))

    concert.event.refresh_from_db()
    assert (concert.event.max_per_buyer, concert.event.verified_only) == (None, False)


def test_an_event_allows_what_its_tickets_demand(as_olga: Client, concert: Concert) -> None:
    TicketType.objects.filter(name="Free").update(min_per_order=4)
    address, sentence = f"{BASE}details/", "“Free” sells at least 4 in one order: choose 4 or more, or change it first."

    refused = as_olga.post(address, details(concert, max_per_buyer="3"))
    TicketType.objects.filter(name="Free").update(is_active=False)
    taken = as_olga.post(address, details(concert, max_per_buyer="3"))

    assert (refused.status_code, refused.content.decode().count(sentence)) == (422, 2)
    assert taken.status_code == 302


def test_addresses_confirmed_before_need_a_sale_to_come(as_olga: Client, concert: Concert) -> None:
    saved = as_olga.post(f"{BASE}details/", details(concert, verified_only="on"), follow=True).content.decode()
    shown = as_olga.get(f"{BASE}details/").content.decode()
    Event.objects.update(state=EventState.DRAFT)
    draft = as_olga.get(BASE).content.decode()
    TicketType.objects.filter(name="Free").update(sale_starts_at=clock.now() + timedelta(days=2))
    ready = [as_olga.get(address).content.decode() for address in (BASE, f"{BASE}details/")]

    assert [WARNING in page for page in (saved, shown, draft, *ready)] == [True, True, True, False, False]
    assert "anyone can confirm an address at any time" in draft


def test_once_the_first_sale_began_nobody_else_can_confirm(as_olga: Client, concert: Concert) -> None:
    Event.objects.update(verified_only=True)
    TicketType.objects.filter(name="Free").update(sale_starts_at=datetime(2020, 1, 5, 12, tzinfo=UTC))
    TicketType.objects.filter(name="Standard").update(sale_starts_at=clock.now() + timedelta(days=2))

    page = as_olga.get(f"{BASE}details/").content.decode()

    assert "Only addresses confirmed before Sunday 5 January 2020, 17:30 may order." in page
    assert "nobody else can confirm an address any more" in page


def test_what_is_not_asked_is_not_warned_of(as_olga: Client, concert: Concert) -> None:
    saved = as_olga.post(f"{BASE}details/", details(concert), follow=True).content.decode()

    assert WARNING not in saved + as_olga.get(f"{BASE}details/").content.decode()


def test_another_date_has_the_same_limits(concert: Concert, olga: User) -> None:
    TicketType.objects.update(min_per_order=2, max_per_order=6, max_per_buyer=8)
    session = concert.session
    dates = SessionDetails(starts_at=session.ends_at, ends_at=session.ends_at + timedelta(hours=1))
    other = add_session(concert.event, details=dates, by=olga)

    offers.copy_offer(session, other, by=olga)

    limits = set(other.ticket_types.values_list("min_per_order", "max_per_order", "max_per_buyer"))
    assert limits == {(2, 6, 8)}
