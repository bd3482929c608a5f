"""Dates, ticket types and places of an event, as they are typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairgate.console.forms.session import SessionForm
from fairgate.console.forms.ticket_type import TicketTypeForm
from fairgate.events.models import Event, EventState, Session, TicketType
from fairgate.stock.models import Quota
from fairgate.testing.cast import Concert, buy, hold

BASE = "/console/riverside/events/concert/"
INSTANTS = st.datetimes(
    min_value=datetime(2001, 1, 1),  # noqa: DTZ001
    max_value=datetime(2190, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(starts_at=INSTANTS, zone=st.sampled_from(ZONES))
def test_saving_what_is_shown_never_moves_a_date(starts_at: datetime, zone: str) -> None:
    event = Event(time_zone=zone)
    session = Session(name="", starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    shown = SessionForm(event=event, session=session)

    again = SessionForm({name: shown[name].value() for name in shown.fields}, event=event, session=session)

    # The hour that comes twice is the one time that cannot be typed, so it is refused rather than moved.
    if again.is_valid():
        assert (again.cleaned_data["starts_at"], again.cleaned_data["ends_at"]) == (starts_at, session.ends_at)
    else:
        assert "comes twice" in str(again.errors)


def test_saving_what_is_shown_never_changes_a_ticket_type(concert: Concert) -> None:
    concert.standard.sale_starts_at = datetime(2031, 1, 1, 12, 0, 30, tzinfo=UTC)
    concert.standard.tax_rate_bp = 550
    shown = ticket_type_form(concert)

    again = ticket_type_form(concert, {name: shown[name].value() for name in shown.fields})

    assert again.is_valid(), again.errors
    assert {name: getattr(concert.standard, name) for name in vars(again.details())} == vars(again.details())


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"starts_at": "2031-03-30T02:30"}, "The clocks go forward then"),
        ({"starts_at": "2031-10-26T02:30"}, "The clocks go back then"),
        ({"starts_at": "tomorrow"}, "Write a date and a time"),
        ({"starts_at": "2031-02-30T10:00"}, "Write a date and a time"),
        ({"starts_at": "2031-03-01T10:00Z"}, "Write a date and a time"),
        ({"starts_at": "9999-12-31T23:59"}, "Choose a year between 2000 and 2199."),
        ({"starts_at": "0001-01-01T00:00"}, "Choose a year between 2000 and 2199."),
        ({"starts_at": "2031-03-01T10:00\0"}, "Write a date and a time"),
        ({"starts_at": "2031-03-01T10:00", "ends_at": "2031-03-01T10:00"}, "It must end after it starts."),
        ({"starts_at": ""}, "This field is required."),
    ],
)
def test_times_that_cannot_be_are_refused_beside_their_field(
    as_olga: Client, concert: Concert, typed: dict[str, str], sentence: str
) -> None:
    Event.objects.update(time_zone="Europe/Berlin")

    response = as_olga.post(f"{BASE}sessions/", typed)

    assert response.status_code == 422
    assert response.content.decode().count(sentence) == 2
    assert concert.event.sessions.count() == 1


def test_a_further_date_sells_what_the_others_sell(as_olga: Client, concert: Concert) -> None:
    typed = {"name": "Matinee", "starts_at": "2031-03-01T10:00", "copy_from": str(concert.session.pk)}

    response = as_olga.post(f"{BASE}sessions/", typed)

    added = concert.event.sessions.get(name="Matinee")
    assert response.status_code == 302
    assert [kind.name for kind in added.ticket_types.order_by("position")] == ["Standard", "Free"]


def test_a_date_is_edited(as_olga: Client, concert: Concert) -> None:
    typed = {"name": "Evening", "starts_at": "2031-03-01T20:00", "ends_at": "2031-03-02T01:00"}

    as_olga.post(f"{BASE}sessions/{concert.session.pk}/", typed)

    concert.session.refresh_from_db()
    assert concert.session.name == "Evening"
    assert concert.session.ends_at == datetime(2031, 3, 1, 19, 30, tzinfo=UTC)


def test_a_date_with_sales_is_not_removed(as_olga: Client, concert: Concert) -> None:
    buy((concert.free, 1))
    TicketType.objects.update(is_active=False)

    response = as_olga.post(f"{BASE}sessions/{concert.session.pk}/removal/", follow=True)

    assert "Places of this date were held or sold, so it stays." in response.content.decode()
    assert concert.event.sessions.exists()


def test_a_second_ticket_type_shares_the_places(as_olga: Client, concert: Concert) -> None:
    shown = as_olga.get(f"{BASE}ticket-types/").content.decode()
    typed = {
        "name": "Student",
        "price": "450",
        "tax_rate": "5.5",
        "min_per_order": "1",
        "max_per_order": "4",
        "quotas": [concert.quota.pk],
    }

    response = as_olga.post(f"{BASE}ticket-types/", typed)

    student = concert.event.ticket_types.get(name="Student")
    assert f'value="{concert.quota.pk}" id="id_quotas_0" checked' in shown
    assert response.status_code == 302
    assert (student.price, student.tax_rate_bp, student.max_per_order) == (450_00, 550, 4)
    assert student.draws.get().quota == concert.quota


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"price": "-1"}, "Write the price such as 1200 or 1200.50."),
        ({"price": "12,50"}, "Write the price such as 1200 or 1200.50."),
        ({"price": "1e5"}, "Write the price such as 1200 or 1200.50."),
        ({"price": "NaN"}, "Write the price such as 1200 or 1200.50."),
        ({"price": "१२"}, "Write the price such as 1200 or 1200.50."),
        ({"price": "0.001"}, "Write the price such as 1200.00."),
        ({"price": "9" * 30}, "Write the price such as 1200.00."),
        ({"price": "1\0"}, "Write the price such as 1200 or 1200.50."),
        ({"tax_rate": "101"}, "Write a percentage between 0 and 100"),
        ({"tax_rate": "-1"}, "Write a percentage between 0 and 100"),
        ({"tax_rate": "a lot"}, "Write a percentage between 0 and 100"),
        ({"max_per_order": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"max_per_order": "1000000000"}, "Ensure this value is less than or equal to 100."),
        ({"max_per_order": "1.5"}, "Enter a whole number."),
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 201}, "Ensure this value has at most 200 characters"),
        ({"name": "a\0b"}, "Null characters are not allowed."),
        ({"quotas": []}, "Choose the places that a ticket takes."),
        ({"quotas": ["999999"]}, "Select a valid choice."),
        ({"quotas": ["x"]}, "Select a valid choice."),
        ({"sale_starts_at": "2031-01-01T10:00", "sale_ends_at": "2031-01-01T10:00"}, "The sale must end after it"),
    ],
)  # fmt: skip
def test_what_cannot_be_sold_is_refused_beside_its_field(
    as_olga: Client, concert: Concert, typed: dict[str, Any], sentence: str
) -> None:
    good = {
        "name": "Student",
        "price": "450",
        "tax_rate": "18",
        "min_per_order": "1",
        "max_per_order": "4",
        "quotas": [concert.quota.pk],
    }

    response = as_olga.post(f"{BASE}ticket-types/", good | typed)

    assert response.status_code == 422
    assert response.content.decode().count(sentence) == 2
    assert concert.event.ticket_types.count() == 2


def test_bytes_that_are_no_text_are_no_error_of_ours(as_olga: Client, concert: Concert) -> None:
    body = b"name=%FF%FE&price=1&min_per_order=1&max_per_order=1&quotas=" + str(concert.quota.pk).encode()

    response = as_olga.post(f"{BASE}ticket-types/", body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 302


def test_places_of_two_dates_are_not_one_ticket(as_olga: Client, concert: Concert) -> None:
    as_olga.post(f"{BASE}sessions/", {"starts_at": "2031-03-01T10:00", "copy_from": str(concert.session.pk)})
    quotas = list(concert.event.quotas.values_list("pk", flat=True))

    response = as_olga.post(
        f"{BASE}ticket-types/", {"name": "Both", "min_per_order": "1", "max_per_order": "1", "quotas": quotas}
    )

    assert response.status_code == 422
    assert "Choose places of one date only." in response.content.decode()


def test_what_is_on_sale_keeps_its_places_whatever_is_sent(as_olga: Client, concert: Concert) -> None:
    other = Quota.objects.create(event=concert.event, session=concert.session, name="Balcony", capacity=5)
    typed = {
        "name": "Standard",
        "price": "500",
        "tax_rate": "18",
        "min_per_order": "1",
        "max_per_order": "10",
        "quotas": [other.pk],
    }

    response = as_olga.post(f"{BASE}ticket-types/{concert.standard.pk}/", typed)

    concert.standard.refresh_from_db()
    assert response.status_code == 302
    assert concert.standard.price == 500_00
    assert concert.standard.draws.get().quota == concert.quota


def test_a_ticket_type_goes_off_sale_and_on_again(as_olga: Client, concert: Concert) -> None:
    states = []
    for verb in ("deactivation", "activation"):
        as_olga.post(f"{BASE}ticket-types/{concert.standard.pk}/{verb}/")
        concert.standard.refresh_from_db()
        states.append(concert.standard.is_active)

    assert states == [False, True]


def test_places_are_added_to_a_date(as_olga: Client, concert: Concert) -> None:
    response = as_olga.post(f"{BASE}quotas/", {"session": concert.session.pk, "name": "Balcony", "capacity": "7"})

    assert response.status_code == 302
    assert concert.event.quotas.get(name="Balcony").capacity == 7


def test_capacity_goes_up_and_down_while_it_sells(as_olga: Client, concert: Concert) -> None:
    hold((concert.free, 3))

    for capacity in ("200", "3"):
        as_olga.post(f"{BASE}quotas/{concert.quota.pk}/", {"name": "Hall", "capacity": capacity})

    concert.quota.refresh_from_db()
    assert (concert.quota.capacity, concert.quota.taken) == (3, 3)


def test_capacity_below_what_is_taken_is_refused_with_the_numbers(as_olga: Client, concert: Concert) -> None:
    hold((concert.free, 3))

    response = as_olga.post(f"{BASE}quotas/{concert.quota.pk}/", {"name": "Renamed", "capacity": "2"})

    concert.quota.refresh_from_db()
    assert response.status_code == 422
    assert "3 places are held or sold, so there cannot be only 2." in response.content.decode()
    assert (concert.quota.name, concert.quota.capacity) == ("Hall", 100)


@pytest.mark.parametrize("capacity", ["-1", "1000000000", "1.5", "many", "", "1\0", "9" * 40])
def test_a_number_of_places_that_is_none_is_refused(as_olga: Client, concert: Concert, capacity: str) -> None:
    response = as_olga.post(f"{BASE}quotas/{concert.quota.pk}/", {"name": "Hall", "capacity": capacity})

    assert response.status_code == 422
    assert 'id="id_capacity-error"' in response.content.decode()


def test_an_event_without_a_date_says_what_comes_first(as_olga: Client, concert: Concert) -> None:
    empty = Event.objects.create(
        organizer=concert.event.organizer, slug="empty", title="Empty", time_zone="UTC", currency="EUR",
        state=EventState.DRAFT,
    )  # fmt: skip
    base = f"/console/riverside/events/{empty.slug}/"

    pages = [as_olga.get(f"{base}{page}").content.decode() for page in ("", "ticket-types/", "quotas/")]

    assert ["No date yet" in pages[0], "First the places" in pages[1], "First a date" in pages[2]] == [True] * 3


def ticket_type_form(concert: Concert, data: dict[str, Any] | None = None) -> TicketTypeForm:
    return TicketTypeForm(
        data, event=concert.event, quotas=[concert.quota], chosen=[concert.quota.pk], ticket_type=concert.standard
    )
