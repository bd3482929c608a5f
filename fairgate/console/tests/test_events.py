from __future__ import annotations

from datetime import UTC, datetime

from django.test import Client

from fairgate.events.models import Event, EventState
from fairgate.organizers import audit
from fairgate.organizers.models import Organizer
from fairgate.testing.cast import Concert, buy

NEW = {
    "title": "Summer Fair",
    "starts_at": "2031-06-14T19:30",
    "time_zone": "Asia/Kolkata",
    "currency": "INR",
    "ticket_name": "Standard",
    "price": "1,200.50",
    "tax_rate": "18",
    "capacity": "100",
}


def test_one_short_form_makes_an_event_that_can_go_on_sale(as_olga: Client, riverside: Organizer) -> None:
    response = as_olga.post("/console/riverside/new-event/", NEW)

    event = Event.objects.get(slug="summer-fair")
    assert response.headers["Location"] == "/console/riverside/events/summer-fair/"
    assert (event.organizer, event.state) == (riverside, EventState.DRAFT)
    session, ticket_type, quota = event.sessions.get(), event.ticket_types.get(), event.quotas.get()
    assert session.starts_at == datetime(2031, 6, 14, 14, 0, tzinfo=UTC)
    assert session.ends_at == datetime(2031, 6, 14, 16, 0, tzinfo=UTC)
    assert (ticket_type.price, ticket_type.tax_rate_bp) == (1200_50, 1800)
    assert (quota.capacity, quota.draws.get().ticket_type) == (100, ticket_type)
    assert event.checkin_lists.get().name == "Everyone"

    as_olga.post("/console/riverside/events/summer-fair/publication/")

    event.refresh_from_db()
    assert event.state == EventState.PUBLISHED
    actions = [entry.action for entry in audit.history(event)]
    assert actions == ["event.created", "session.added", "quota.added", "ticket_type.added", "event.published"]


def test_two_events_of_one_title_get_addresses_of_their_own(as_olga: Client, riverside: Organizer) -> None:
    for _ in range(2):
        as_olga.post("/console/riverside/new-event/", NEW)

    assert set(riverside.events.values_list("slug", flat=True)) == {"summer-fair", "summer-fair-2"}


def test_a_refused_form_keeps_what_was_typed_and_changes_nothing(as_olga: Client, riverside: Organizer) -> None:
    response = as_olga.post("/console/riverside/new-event/", {**NEW, "price": "12,50", "capacity": "-1"})

    page = response.content.decode()
    assert response.status_code == 422
    assert page.count("Write the price such as 1200 or 1200.50.") == 2  # In the summary and beside the field.
    assert page.count("There cannot be fewer than 0 places.") == 2
    assert 'value="Summer Fair"' in page
    assert 'value="12,50"' in page
    assert 'value="2031-06-14T19:30"' in page
    assert not riverside.events.exists()


def test_an_address_that_is_taken_is_refused_beside_its_field(as_olga: Client, concert: Concert) -> None:
    response = as_olga.post("/console/riverside/new-event/", {**NEW, "slug": "concert"})

    assert response.status_code == 422
    assert "You have an event with this address already." in response.content.decode()


def test_an_event_without_a_ticket_type_is_not_published(as_olga: Client, concert: Concert) -> None:
    concert.event.ticket_types.update(is_active=False)
    Event.objects.update(state=EventState.DRAFT)

    response = as_olga.post("/console/riverside/events/concert/publication/")

    concert.event.refresh_from_db()
    assert response.status_code == 422
    assert "Add a ticket type that is on sale." in response.content.decode()
    assert concert.event.state == EventState.DRAFT


def test_paid_tickets_need_a_bank_account_before_they_sell(as_olga: Client, concert: Concert) -> None:
    Organizer.objects.update(bank_details="")
    Event.objects.update(state=EventState.DRAFT)

    response = as_olga.post("/console/riverside/events/concert/publication/")

    assert response.status_code == 422
    assert "Add your bank account in the settings" in response.content.decode()


def test_free_tickets_need_none(as_olga: Client, concert: Concert) -> None:
    Organizer.objects.update(bank_details="")
    concert.event.ticket_types.update(price=0)
    Event.objects.update(state=EventState.DRAFT)

    response = as_olga.post("/console/riverside/events/concert/publication/")

    assert response.status_code == 302


def test_closing_ends_the_sale_and_reopening_resumes_it(as_olga: Client, concert: Concert) -> None:
    states = []
    for verb in ("closure", "closure", "reopening"):
        as_olga.post(f"/console/riverside/events/concert/{verb}/")
        concert.event.refresh_from_db()
        states.append(concert.event.state)

    assert states == [EventState.CLOSED, EventState.CLOSED, EventState.PUBLISHED]
    assert [entry.action for entry in audit.history(concert.event)] == ["event.closed", "event.reopened"]


def test_an_event_whose_dates_are_over_is_not_reopened(as_olga: Client, concert: Concert) -> None:
    concert.event.sessions.update(starts_at="2020-01-01T00:00Z", ends_at="2020-01-01T01:00Z")
    Event.objects.update(state=EventState.CLOSED)

    response = as_olga.post("/console/riverside/events/concert/reopening/")

    assert response.status_code == 422
    assert "Add a date that is still to come; all are over." in response.content.decode()


def test_editing_writes_what_was_typed(as_olga: Client, concert: Concert) -> None:
    response = as_olga.post("/console/riverside/events/concert/details/", details(concert, title="Another name"))

    concert.event.refresh_from_db()
    assert response.status_code == 302
    assert concert.event.title == "Another name"
    assert concert.event.accent == ""  # The organizer's color was left as it was, so it follows the organizer's.
    assert audit.history(concert.event).get().data == {"fields": ["title"]}


def test_zone_currency_and_address_stay_once_published(as_olga: Client, concert: Concert) -> None:
    typed = details(concert, slug="other", time_zone="UTC", currency="EUR", title="Another name")

    as_olga.post("/console/riverside/events/concert/details/", typed)

    concert.event.refresh_from_db()
    event = concert.event
    assert (event.slug, event.time_zone, event.currency) == ("concert", "Asia/Kolkata", "INR")
    assert event.title == "Another name"


def test_a_draft_moves_to_another_zone_with_its_wall_clock(as_olga: Client) -> None:
    as_olga.post("/console/riverside/new-event/", NEW)
    event = Event.objects.get()

    as_olga.post("/console/riverside/events/summer-fair/details/", event_details(event, time_zone="Europe/Berlin"))

    assert event.sessions.get().starts_at == datetime(2031, 6, 14, 17, 30, tzinfo=UTC)


def test_a_draft_moves_to_another_currency_with_its_numbers(as_olga: Client) -> None:
    as_olga.post("/console/riverside/new-event/", {**NEW, "price": "1200"})
    event = Event.objects.get()

    as_olga.post("/console/riverside/events/summer-fair/details/", event_details(event, currency="JPY"))

    assert event.ticket_types.get().price == 1200


def test_a_price_that_the_currency_cannot_say_stops_the_move(as_olga: Client) -> None:
    as_olga.post("/console/riverside/new-event/", NEW)
    event = Event.objects.get()

    response = as_olga.post("/console/riverside/events/summer-fair/details/", event_details(event, currency="JPY"))

    event.refresh_from_db()
    assert response.status_code == 422
    assert "JPY has fewer decimals. Change the price of “Standard” first." in response.content.decode()
    assert (event.currency, event.ticket_types.get().price) == ("INR", 1200_50)


def test_the_page_shows_sold_held_and_free(as_olga: Client, concert: Concert) -> None:
    buy((concert.standard, 2), (concert.free, 1))

    page = as_olga.get("/console/riverside/events/concert/").content.decode()

    assert "3 of 100" in page
    assert "Hall: 97 free" in page
    assert "₹1,998" in page  # awaited


def details(concert: Concert, **changes: str) -> dict[str, object]:
    return event_details(concert.event, **changes)


def event_details(event: Event, **changes: str) -> dict[str, object]:
    names = ("title", "slug", "place", "address", "description", "time_zone", "currency", "payment_days")
    return {name: getattr(event, name) for name in names} | {"accent": event.color} | changes
