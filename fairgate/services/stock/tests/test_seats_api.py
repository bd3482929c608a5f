"""Numbered seats by the API: chosen, best available, taken meanwhile, and not ours to ask for."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from werkzeug.test import Client

from fairgate.events.models import TicketType
from fairgate.services.stock.tests.seating import ask, item, make_reduced, seat, taken
from fairgate.stock.models import Hold, Quota, Seat
from fairgate.testing.cast import Concert, make_concert, make_organizer, make_stalls


def test_chosen_seats_are_held_and_named(ben: Client, stalls: TicketType) -> None:
    answer = ask(ben, item(stalls, "B3", "B4"))

    assert answer.status_code == 201
    assert answer.get_json()["items"] == [
        {
            "ticket_type": stalls.pk,
            "quantity": 2,
            "price": "450.00",
            "seats": [
                {"id": seat("B3"), "name": "Stalls, row B, seat 3"},
                {"id": seat("B4"), "name": "Stalls, row B, seat 4"},
            ],
        }
    ]
    assert taken() == {"B3", "B4"}


def test_who_names_no_seats_gets_the_best(ben: Client, stalls: TicketType, concert: Concert) -> None:
    answer = ask(ben, {"ticket_type": stalls.pk, "quantity": 2}, {"ticket_type": concert.free.pk, "quantity": 1})

    seated, free = answer.get_json()["items"]
    assert [one["name"] for one in seated["seats"]] == ["Stalls, row A, seat 4", "Stalls, row A, seat 5"]
    assert "seats" not in free


def test_same_key_gives_the_same_seats_and_other_seats_are_another_body(ben: Client, stalls: TicketType) -> None:
    key = str(uuid.uuid4())
    first = ask(ben, item(stalls, "B3"), key=key)

    again, other = ask(ben, item(stalls, "B3"), key=key), ask(ben, item(stalls, "B4"), key=key)

    assert (again.status_code, again.data) == (201, first.data)
    assert (other.status_code, other.get_json()["type"].rpartition("/")[2]) == (422, "key-reused")
    assert taken() == {"B3"}


def test_a_seat_that_is_gone_is_named_with_the_nearest_free_ones(ben: Client, stalls: TicketType) -> None:
    ask(ben, item(stalls, "B4"))

    answer = ask(ben, item(stalls, "B3", "B4"))

    assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (409, "seat-taken")
    (gone,) = answer.get_json()["seats"]
    assert (gone["seat"], gone["name"]) == (seat("B4"), "Stalls, row B, seat 4")
    assert [one["name"] for one in gone["nearest"]] == [
        "Stalls, row B, seat 5",
        "Stalls, row A, seat 4",
        "Stalls, row B, seat 2",
    ]
    assert taken() == {"B4"}


def test_two_kinds_of_ticket_share_the_seats(ben: Client, stalls: TicketType) -> None:
    reduced = make_reduced(stalls)

    answer = ask(ben, item(stalls, "A1"), item(reduced, "A2"))

    assert (answer.status_code, answer.get_json()["total"]) == (201, "750.00")
    assert ask(ben, item(reduced, "A1")).status_code == 409


def test_sold_out_is_still_sold_out(ben: Client, stalls: TicketType) -> None:
    ask(ben, {"ticket_type": stalls.pk, "quantity": 20})
    ask(ben, {"ticket_type": stalls.pk, "quantity": 9})

    answer = ask(ben, {"ticket_type": stalls.pk, "quantity": 2})

    assert (answer.status_code, answer.get_json()["items"]) == (409, [{"ticket_type": stalls.pk, "left": 1}])


@pytest.mark.parametrize(
    ("items", "field"),
    [
        ([("stalls", ["A1", "A2"], 1)], "items[0].seats"),
        ([("stalls", ["A1"], 2)], "items[0].seats"),
        ([("stalls", [], 1)], "items[0].seats"),
        ([("stalls", ["A1", "A1"], 2)], "items[0].seats"),
        ([("stalls", ["A1"], 1), ("reduced", ["A1"], 1)], "items[1].seats"),
        ([("stalls", ["A1"], 1), ("stalls", ["A2"], 1)], "items[1].ticket_type"),
        ([("stalls", ["A1"], 1), ("free", ["A2"], 1)], "items[1].seats"),
        ([("reduced", ["A1"], 1)], "items[0].quantity"),
        ([("stalls", ["A1", "A2", "A3", "A4"], 4)], "items[0].quantity"),
    ],
)
def test_what_does_not_fit_together_is_said_beside_its_field(
    ben: Client, stalls: TicketType, concert: Concert, items: list[Any], field: str
) -> None:
    reduced = make_reduced(stalls)
    needs_two = field == "items[0].quantity"
    TicketType.objects.filter(pk=reduced.pk).update(min_per_order=2 if needs_two else 1)
    TicketType.objects.filter(pk=stalls.pk).update(max_per_order=3)
    kinds = {"stalls": stalls, "reduced": reduced, "free": concert.free}

    answer = ask(ben, *(item(kinds[kind], *names, quantity=quantity) for kind, names, quantity in items))

    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    assert not Hold.objects.exists()


def test_mallory_cannot_have_seats_of_another_organizers_event(ben: Client, stalls: TicketType) -> None:
    theirs = make_stalls(make_concert(make_organizer("elsewhere"), "theirs"))
    foreign = Seat.objects.get(row="A", number="1", quota__event=theirs.event).pk

    asked = {"ticket_type": stalls.pk, "quantity": 1, "seats": [foreign]}
    by_type = {"ticket_type": theirs.pk, "quantity": 1, "seats": [foreign]}

    assert list(ask(ben, asked).get_json()["errors"]) == ["items[0].seats"]
    assert list(ask(ben, by_type).get_json()["errors"]) == ["items[0].ticket_type"]
    assert taken() == set()


def test_mallory_cannot_have_blocked_seats(ben: Client, stalls: TicketType) -> None:
    quota = Quota.objects.get(name="Stalls")
    with connection.cursor() as cursor:
        cursor.execute("SELECT stock_block_seats(%s, %s, true)", (quota.pk, [seat("A1")]))

    answer = ask(ben, item(stalls, "A1"))

    assert answer.status_code == 409
    assert seat("A1") not in [one["seat"] for one in answer.get_json()["seats"][0]["nearest"]]
    assert taken() == set()


def test_mallory_cannot_have_good_seats_for_the_price_of_others(ben: Client, stalls: TicketType) -> None:
    gods = Quota.objects.create(event=stalls.event, session=stalls.session, name="Gods", capacity=1, is_seated=True)
    Seat.objects.create(quota=gods, block="Gods", row="Z", number="1", rank=0, place=1)
    cheap = TicketType.objects.create(event=stalls.event, session=stalls.session, name="Gods", price=1)
    cheap.draws.create(quota=gods)

    answer = ask(ben, item(cheap, "A1"))

    assert list(answer.get_json()["errors"]) == ["items[0].seats"]
    assert taken() == set()
