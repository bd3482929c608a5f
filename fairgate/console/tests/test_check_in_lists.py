"""Check-in lists as they are typed, and what becomes of dates that they name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from fairgate.accounts.models import User
from fairgate.checkin import grants
from fairgate.checkin.actions import ensure_default_list
from fairgate.checkin.models import CheckinList, GateGrant, Scan
from fairgate.console.tests.conftest import signed_in
from fairgate.events.models import Event, EventState, Session
from fairgate.organizers import audit
from fairgate.testing.cast import Concert

EVENT = "/console/riverside/events/concert/"
BASE = f"{EVENT}check-in-lists/"


@pytest.fixture
def second(concert: Concert) -> Session:
    """Another date, a day later."""
    day = timedelta(days=1)
    starts_at, ends_at = concert.session.starts_at + day, concert.session.ends_at + day
    return concert.event.sessions.create(name="Encore", starts_at=starts_at, ends_at=ends_at)


@pytest.fixture
def everyone(concert: Concert) -> CheckinList:
    return ensure_default_list(concert.event)


def test_a_list_is_added_for_a_date_and_some_tickets(as_olga: Client, concert: Concert, second: Session) -> None:
    typed = {"name": "Paying guests", "session": concert.session.pk, "ticket_types": [concert.standard.pk]}

    response = as_olga.post(BASE, typed)

    added = CheckinList.objects.get()
    assert response.headers["Location"] == EVENT
    assert (added.event, added.name, added.session) == (concert.event, "Paying guests", concert.session)
    assert list(added.ticket_types.all()) == [concert.standard]
    assert [(entry.action, entry.data["name"]) for entry in audit.history(concert.event)] == [
        ("list.added", "Paying guests")
    ]


def test_a_list_with_nothing_chosen_is_for_everyone(as_olga: Client, concert: Concert) -> None:
    as_olga.post(BASE, {"name": "Side door"})

    added = CheckinList.objects.get()
    assert (added.session, added.ticket_types.count()) == (None, 0)


def test_the_event_says_what_each_list_lets_in_and_leads_to_its_gate(
    as_olga: Client, concert: Concert, second: Session, everyone: CheckinList
) -> None:
    as_olga.post(BASE, {"name": "Encore", "session": second.pk})
    as_olga.post(BASE, {"name": "Paying guests", "ticket_types": [concert.standard.pk]})

    page = as_olga.get(EVENT).content.decode()

    assert "All dates · all tickets" in " ".join(page.split())
    assert ", Encore · all tickets" in " ".join(page.split())
    assert "All dates · Standard (" in " ".join(page.split())
    assert [f'href="/gate/{found.pk}/"' in page for found in CheckinList.objects.all()] == [True] * 3
    assert "Check-in list added: Paying guests" in page


def test_a_draft_has_no_gate_yet(as_olga: Client, concert: Concert, everyone: CheckinList) -> None:
    Event.objects.update(state=EventState.DRAFT)

    assert f"/gate/{everyone.pk}/" not in as_olga.get(EVENT).content.decode()


def test_the_books_see_the_lists_and_change_none(fay: User, concert: Concert, everyone: CheckinList) -> None:
    page = signed_in(fay).get(EVENT).content.decode()

    assert "Everyone" in page
    assert f"/gate/{everyone.pk}/" not in page
    assert "check-in-lists/" not in page


def test_a_list_is_changed(as_olga: Client, concert: Concert, everyone: CheckinList) -> None:
    typed = {"name": "Guests", "session": "", "ticket_types": [concert.free.pk]}

    response = as_olga.post(f"{BASE}{everyone.pk}/", typed)
    shown = as_olga.get(f"{BASE}{everyone.pk}/").content.decode()

    everyone.refresh_from_db()
    assert response.status_code == 302
    assert (everyone.name, list(everyone.ticket_types.all())) == ("Guests", [concert.free])
    assert f'value="{concert.free.pk}" id="id_ticket_types_1" checked' in shown


def test_saving_what_is_shown_leaves_no_trace(as_olga: Client, concert: Concert, everyone: CheckinList) -> None:
    as_olga.post(f"{BASE}{everyone.pk}/", {"name": "Everyone", "session": ""})

    assert not audit.history(concert.event).exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 201}, "Ensure this value has at most 200 characters"),
        ({"name": "a\0b"}, "Null characters are not allowed."),
        ({"name": "Everyone"}, "This event has a check-in list of this name already."),
        ({"session": "999999"}, "Select a valid choice."),
        ({"session": "x"}, "Select a valid choice."),
        ({"session": "1\0"}, "Select a valid choice."),
        ({"ticket_types": ["999999"]}, "Select a valid choice."),
        ({"ticket_types": ["x"]}, "Select a valid choice."),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_what_cannot_be_a_list_is_refused_beside_its_field(
    as_olga: Client, concert: Concert, everyone: CheckinList, is_new: bool, typed: dict[str, Any], sentence: str
) -> None:
    other = CheckinList.objects.create(event=concert.event, name="Side door")

    response = as_olga.post(BASE if is_new else f"{BASE}{other.pk}/", {"name": "Backstage", **typed})

    assert response.status_code == 422
    assert response.content.decode().count(sentence) == 2
    assert sorted(CheckinList.objects.values_list("name", flat=True)) == ["Everyone", "Side door"]


def test_tickets_of_another_date_would_let_in_nobody(as_olga: Client, concert: Concert, second: Session) -> None:
    response = as_olga.post(BASE, {"name": "X", "session": second.pk, "ticket_types": [concert.free.pk]})

    assert response.status_code == 422
    assert response.content.decode().count("Choose ticket types of the chosen date, or all dates.") == 2
    assert not CheckinList.objects.exists()


def test_dates_and_tickets_of_another_event_are_not_offered(as_olga: Client, concert: Concert) -> None:
    concert.event.organizer.events.create(slug="other", title="Other", time_zone="UTC", currency="EUR")
    typed = {"name": "X", "session": concert.session.pk, "ticket_types": [concert.free.pk]}

    response = as_olga.post("/console/riverside/events/other/check-in-lists/", typed)

    assert response.status_code == 422
    assert not CheckinList.objects.exists()


def test_an_unused_list_is_removed(as_olga: Client, concert: Concert, everyone: CheckinList) -> None:
    other = CheckinList.objects.create(event=concert.event, name="Side door")
    other.ticket_types.add(concert.free)

    page = as_olga.post(f"{BASE}{other.pk}/removal/", follow=True).content.decode()

    assert "The check-in list is removed." in page
    assert "Check-in list removed: Side door" in page
    assert list(CheckinList.objects.all()) == [everyone]


def test_a_list_with_scans_stays(as_olga: Client, concert: Concert, everyone: CheckinList, gail: User) -> None:
    CheckinList.objects.create(event=concert.event, name="Side door")
    grants.issue(gail, concert.event.organizer, "Door 2")
    Scan.objects.create(list=everyone, grant=GateGrant.objects.get(), result="unknown", device="Door 2")

    page = as_olga.post(f"{BASE}{everyone.pk}/removal/", follow=True).content.decode()

    assert "Tickets were scanned on this list, so it stays" in page
    assert CheckinList.objects.count() == 2


def test_the_last_list_stays(as_olga: Client, everyone: CheckinList) -> None:
    page = as_olga.post(f"{BASE}{everyone.pk}/removal/", follow=True).content.decode()

    assert "An event keeps at least one check-in list." in page
    assert CheckinList.objects.count() == 1


@pytest.mark.parametrize("by", ["date", "ticket type"])
def test_a_date_that_a_list_names_is_not_removed(as_olga: Client, concert: Concert, second: Session, by: str) -> None:
    """Else a list for one ticket type would be one for everybody."""
    named = CheckinList.objects.create(event=concert.event, name="Encore", session=second if by == "date" else None)
    if by == "ticket type":
        named.ticket_types.add(concert.event.ticket_types.create(session=second, name="Encore", is_active=False))

    page = as_olga.post(f"{EVENT}sessions/{second.pk}/removal/", follow=True).content.decode()

    assert "A check-in list is for this date or its ticket types." in page
    assert concert.event.sessions.count() == 2
