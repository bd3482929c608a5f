"""Numbered seats in the console: typed as a layout, looked at as a plan, blocked and sold again."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from fairgate.accounts.models import User
from fairgate.console.tests.test_events import NEW
from fairgate.events.models import Event, TicketType
from fairgate.stock.models import Quota
from fairgate.testing.cast import Concert, hold

BASE = "/console/riverside/events/concert/"
HALL = "Stalls; A-C; 1-5 | 6-10\r\nBalcony; 1-2; 1-6"


@pytest.fixture
def quota(stalls: TicketType) -> Quota:
    """Rows A, B and C of ten seats."""
    return stalls.draws.get().quota


def page_of(quota: Quota) -> str:
    return f"{BASE}quotas/{quota.pk}/"


def seats(quota: Quota, *names: str) -> list[int]:
    return [quota.seats.get(row=name[0], number=name[1:]).pk for name in names]


def blocked(quota: Quota) -> list[str]:
    found = quota.seats.filter(is_blocked=True).order_by("rank", "place")
    return [seat.row + seat.number for seat in found]


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def test_seats_are_added_as_they_are_typed(as_olga: Client, concert: Concert) -> None:
    typed = {"session": concert.session.pk, "name": "Hall", "kind": "seats", "layout": HALL, "capacity": "7"}

    response = as_olga.post(f"{BASE}quotas/", typed, follow=True)

    quota = concert.event.quotas.get(is_seated=True)
    assert response.redirect_chain == [(page_of(quota), 302)]
    assert "The seats are added." in text_of(response)
    assert (quota.name, quota.session, quota.capacity, quota.seats.count()) == ("Hall", concert.session, 42, 42)


def test_a_mistake_in_a_layout_is_told_and_nothing_typed_is_lost(as_olga: Client, concert: Concert) -> None:
    layout = "Stalls; A-C; 1-5\r\nBalcony, 1-2, 1-6\r\nLoge; 1; 1-x"
    typed = {"session": concert.session.pk, "name": "Great hall", "kind": "seats", "layout": layout}

    response = as_olga.post(f"{BASE}quotas/", typed)

    page = text_of(response)
    assert response.status_code == 422
    assert (
        page.count("Line 2: write block; rows; seats, with two semicolons") == 2
    )  # In the summary and beside the field.
    assert page.count("Line 3: “1-x” is no range.") == 2
    assert layout in page
    assert 'value="Great hall"' in page
    assert 'value="seats" id="id_kind_1" checked' in re.sub(r" required", "", page)
    assert not Quota.objects.filter(is_seated=True).exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"kind": "seats", "layout": ""}, "Write at least one line of rows and seats."),
        ({"kind": "seats", "layout": " \r\n "}, "Write at least one line of rows and seats"),
        ({"kind": "seats", "layout": "; A; 1\0"}, "Null characters are not allowed."),
        ({"kind": "seats", "layout": "A" * 20_001}, "Ensure this value has at most 20000 characters"),
        ({"kind": "seats", "layout": "; 1-201; 1-100"}, "with these there are more than 20,000 seats."),
        ({"kind": "number", "capacity": ""}, "Write how many places there are."),
        ({"kind": "number", "capacity": "-1"}, "There cannot be fewer than 0 places."),
        ({"capacity": ""}, "Write how many places there are."),
        ({"kind": "chairs"}, "Select a valid choice."),
    ],
)  # fmt: skip
def test_places_that_are_none_are_refused_beside_their_field(
    as_olga: Client, concert: Concert, typed: dict[str, str], sentence: str
) -> None:
    response = as_olga.post(f"{BASE}quotas/", {"session": concert.session.pk, "name": "Hall"} | typed)

    assert (response.status_code, text_of(response).count(sentence)) == (422, 2)
    assert list(concert.event.quotas.all()) == [concert.quota]


def test_the_field_that_was_not_chosen_is_not_read(as_olga: Client, concert: Concert) -> None:
    typed = {"session": concert.session.pk, "name": "Loge", "kind": "number", "capacity": "7", "layout": "\0"}

    response = as_olga.post(f"{BASE}quotas/", typed)

    assert response.status_code == 302
    assert concert.event.quotas.get(name="Loge", is_seated=False).capacity == 7


def test_an_event_begins_with_seats(as_olga: Client, concert: Concert) -> None:
    typed = NEW | {"kind": "seats", "layout": HALL, "capacity": ""}

    wrong = as_olga.post("/console/riverside/new-event/", typed | {"layout": "Stalls"})
    right = as_olga.post("/console/riverside/new-event/", typed)

    quota = Event.objects.get(slug="summer-fair").quotas.get()
    assert (wrong.status_code, right.status_code) == (422, 302)
    assert text_of(wrong).count("Line 1: write block; rows; seats") == 2
    assert (quota.is_seated, quota.capacity, quota.draws.get().ticket_type.name) == (True, 42, "Standard")


def test_the_plan_shows_what_each_seat_is(as_olga: Client, quota: Quota, stalls: TicketType) -> None:
    hold((stalls, 2))
    as_olga.post(f"{page_of(quota)}blocking/", {"seat": seats(quota, "C1", "C2", "C3"), "blocked": "yes"})

    page = text_of(as_olga.get(page_of(quota)))

    drawn = re.findall(r'<rect class="(\w+)"[^>]* x="(\d+)" y="(\d+)" data-seat="(\d+)"/>', page)
    states = [state for state, *_rest in drawn]
    assert (states.count("free"), states.count("taken"), states.count("blocked")) == (25, 2, 3)
    assert len({(x, y) for _state, x, y, _seat in drawn}) == 30
    assert re.findall(r"</svg> ([\w ]+)</dt><dd>(\d+)</dd>", page) == [
        ("Free", "25"),
        ("Held or sold", "2"),
        ("Blocked", "3"),
    ]
    assert len(re.findall(r'name="seat" value="\d+" disabled', page)) == 2


def test_seats_are_blocked_and_sold_again(as_olga: Client, quota: Quota) -> None:
    chosen = seats(quota, "A1", "A2", "B10")

    first = as_olga.post(f"{page_of(quota)}blocking/", {"seat": chosen, "blocked": "yes"}, follow=True)
    after_first = blocked(quota)
    packed = {"seat": ",".join(map(str, chosen[1:])), "blocked": "no"}
    second = as_olga.post(f"{page_of(quota)}blocking/", packed, follow=True)
    again = as_olga.post(f"{page_of(quota)}blocking/", packed, follow=True)

    quota.refresh_from_db()
    assert (after_first, blocked(quota), quota.capacity) == (["A1", "A2", "B10"], ["A1"], 29)
    assert "3 seats are blocked." in text_of(first)
    assert "2 seats are on sale again." in text_of(second)
    assert "Nothing had to change." in text_of(again)


def test_a_whole_row_is_what_of_it_is_not_taken(as_olga: Client, quota: Quota, stalls: TicketType) -> None:
    hold((stalls, 8))

    as_olga.post(f"{page_of(quota)}blocking/", {"row": "0", "seat": seats(quota, "C10"), "blocked": "yes"})

    assert blocked(quota) == ["A9", "A10", "C10"]


def test_taken_seats_are_named_and_the_others_stay_chosen(as_olga: Client, quota: Quota, stalls: TicketType) -> None:
    hold((stalls, 2))
    chosen = seats(quota, "A4", "A5", "B1")

    response = as_olga.post(f"{page_of(quota)}blocking/", {"seat": chosen, "blocked": "yes"})

    page = text_of(response)
    assert response.status_code == 422
    assert "Held or sold, so they cannot be blocked: Stalls, row A, seat 4; Stalls, row A, seat 5." in page
    assert re.findall(r'value="(\d+)" checked', page) == [str(chosen[2])]
    assert blocked(quota) == []


@pytest.mark.parametrize("sent", [{}, {"seat": ""}, {"seat": "x,-1,٣"}, {"row": "x"}, {"row": "99"}])
def test_nothing_chosen_is_said(as_olga: Client, quota: Quota, sent: dict[str, str]) -> None:
    response = as_olga.post(f"{page_of(quota)}blocking/", sent | {"blocked": "yes"})

    assert response.status_code == 422
    assert "Choose seats first." in text_of(response)


@pytest.mark.parametrize("sent", [{"seat": "0"}, {"seat": "9" * 18}, {"row": "9" * 18, "seat": "1" * 10}])
def test_seats_of_nowhere_are_refused(as_olga: Client, quota: Quota, sent: dict[str, str]) -> None:
    response = as_olga.post(f"{page_of(quota)}blocking/", sent | {"blocked": "yes"})

    assert response.status_code == 422
    assert "This seat does not belong to these tickets." in text_of(response)


def test_further_rows_go_behind(as_olga: Client, quota: Quota) -> None:
    typed = "Stalls; C; 1-4\r\nBalcony; 1; 1-4"

    refused = as_olga.post(f"{page_of(quota)}seats/", {"layout": typed})
    added = as_olga.post(f"{page_of(quota)}seats/", {"layout": "Balcony; 1; 1-4"}, follow=True)

    quota.refresh_from_db()
    assert refused.status_code == 422
    assert text_of(refused).count("Line 1: row C is there already. Give the new row another name.") == 2
    assert typed in text_of(refused)
    assert "4 seats are added." in text_of(added)
    assert (quota.capacity, quota.seats.get(block="Balcony", number="4").rank) == (34, 3)


def test_places_that_are_not_numbered_have_no_seats(as_olga: Client, concert: Concert) -> None:
    for part in ("seats/", "blocking/"):
        assert as_olga.post(f"{page_of(concert.quota)}{part}", {"seat": "1"}).status_code == 404


def test_seated_places_are_renamed_and_keep_their_number(as_olga: Client, quota: Quota) -> None:
    response = as_olga.post(page_of(quota), {"name": "Great hall", "capacity": "5"})

    quota.refresh_from_db()
    assert (response.status_code, quota.name, quota.capacity) == (302, "Great hall", 30)


def test_a_ticket_with_two_seats_is_refused(as_olga: Client, quota: Quota, concert: Concert, olga: User) -> None:
    typed = {"session": concert.session.pk, "name": "Gallery", "kind": "seats", "layout": "; 1; 1-4"}
    as_olga.post(f"{BASE}quotas/", typed)
    gallery = concert.event.quotas.get(name="Gallery")

    both = {"name": "Both", "min_per_order": "1", "max_per_order": "2", "quotas": [quota.pk, gallery.pk]}
    response = as_olga.post(f"{BASE}ticket-types/", both)

    assert response.status_code == 422
    assert text_of(response).count("A ticket has one seat, so choose numbered seats once only.") == 2
    assert not TicketType.objects.filter(name="Both").exists()


def test_pages_tell_seats_and_what_happened_to_them(as_olga: Client, quota: Quota) -> None:
    as_olga.post(f"{page_of(quota)}blocking/", {"row": "2", "blocked": "yes"})
    as_olga.post(f"{page_of(quota)}blocking/", {"seat": seats(quota, "C1"), "blocked": "no"})
    as_olga.post(f"{page_of(quota)}seats/", {"layout": "Stalls; D; 1-5"})

    event, overview = text_of(as_olga.get(BASE)), text_of(as_olga.get("/console/riverside/"))

    assert "35 seats, 9 blocked" in event
    assert "Stalls: 35 seats, 9 blocked" in overview
    for sentence in ("Stalls: 10 seats blocked", "Stalls: 1 seat on sale again", "Stalls: 5 seats added"):
        assert sentence in event
    assert "Hall: 100 free" in event
    assert "100 seats" not in event + overview
