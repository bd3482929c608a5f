"""Numbered seats by the form of the plan, and the page of a refusal."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import Client, TestResponse

from fairgate.events.models import TicketType
from fairgate.services.stock.tests.seating import FORM, ask, item, make_reduced, seat, taken
from fairgate.stock.models import Hold, SeatTaken
from fairgate.testing.cast import Concert


def send(client: Client, *fields: tuple[str, object]) -> TestResponse:
    return client.post(FORM, data=MultiDict([(name, str(value)) for name, value in fields]))


def chosen(ticket_type: TicketType, name: str) -> tuple[str, str]:
    return ("seat", f"{seat(name)}:{ticket_type.pk}")


def fields_of(page: TestResponse) -> list[tuple[str, str]]:
    """What the form of the page would send as it stands."""
    boxes = re.findall(r'<input type="(?:checkbox|radio)" name="(seat[^"]*)" value="([^"]*)"[^>]* checked>', page.text)
    selects = re.findall(r'<select id="seat-\d+" name="(seat)">(.*?)</select>', page.text, re.DOTALL)
    options = [(name, re.findall(r'value="([^"]*)"[^>]* selected', inside) or [""]) for name, inside in selects]
    return [*boxes, *((name, found[0]) for name, found in options)]


def test_chosen_seats_lead_to_the_checkout(ben: Client, stalls: TicketType) -> None:
    answer = send(ben, chosen(stalls, "B3"), chosen(stalls, "C7"))

    assert (answer.status_code, answer.headers["Location"].startswith("/checkout/")) == (303, True)
    assert taken() == {"B3", "C7"}


def test_a_seat_for_which_one_ticket_is_sold_needs_no_more_words(ben: Client, stalls: TicketType) -> None:
    assert send(ben, ("seat", seat("B3"))).status_code == 303


def test_without_script_the_numbers_say_what_the_seats_are(ben: Client, stalls: TicketType) -> None:
    reduced = make_reduced(stalls)
    seats = [("seat", seat(name)) for name in ("B4", "A1", "B3")]

    answer = send(ben, *seats, (f"quantity-{stalls.pk}", 1), (f"quantity-{reduced.pk}", 2))

    assert answer.status_code == 303
    kinds = dict(SeatTaken.objects.values_list("seat_id", "ticket_type_id"))
    assert kinds == {seat("A1"): stalls.pk, seat("B3"): reduced.pk, seat("B4"): reduced.pk}


@pytest.mark.parametrize("numbers", [(0, 0), (1, 0), (2, 1)])
def test_numbers_that_are_not_those_of_the_seats_are_asked_for_seat_by_seat(
    ben: Client, stalls: TicketType, numbers: tuple[int, int]
) -> None:
    reduced = make_reduced(stalls)
    quantities = zip((stalls, reduced), numbers, strict=True)

    page = send(ben, ("seat", seat("A1")), ("seat", seat("A2")), *((f"quantity-{t.pk}", n) for t, n in quantities))

    assert page.status_code == 422
    assert "You chose 2 seats. Say which ticket each of them is." in page.text
    assert page.text.count(f'value="{seat("A2")}:{reduced.pk}"') == 1
    assert not Hold.objects.exists()


def test_seats_that_are_gone_are_named_and_the_nearest_are_one_click_away(
    ben: Client, app: Flask, stalls: TicketType
) -> None:
    ask(app.test_client(), item(stalls, "B4", "B5"))

    page = send(ben, chosen(stalls, "B3"), chosen(stalls, "B4"), chosen(stalls, "B5"), ("quantity-1", ""))

    assert page.status_code == 409
    assert "Somebody else has a seat that you chose" in page.text
    assert ("Stalls, row B, seat 4 is taken" in page.text, "Stalls, row B, seat 3 is taken" in page.text) == (
        True,
        False,
    )
    assert send(ben, *fields_of(page)).status_code == 303
    assert taken() == {"B4", "B5", "B3", "A4", "A5"}


def test_what_else_was_chosen_is_kept(ben: Client, app: Flask, stalls: TicketType, concert: Concert) -> None:
    reduced = make_reduced(stalls)
    ask(app.test_client(), item(stalls, "B4"))

    page = send(
        ben, chosen(reduced, "B3"), chosen(stalls, "B4"), (f"quantity-{concert.free.pk}", 3), ("quantity-999", 0)
    )

    assert page.status_code == 409
    assert ("seat", f"{seat('B3')}:{reduced.pk}") in fields_of(page)
    assert re.search(rf'name="quantity-{concert.free.pk}"[^>]* value="3"', page.text)


def test_nothing_else_is_offered_when_everything_is_taken(ben: Client, app: Flask, stalls: TicketType) -> None:
    for quantity in (20, 9):
        ask(app.test_client(), {"ticket_type": stalls.pk, "quantity": quantity})
    (last,) = {f"{row}{number}" for row in "ABC" for number in range(1, 11)} - taken()
    gone = "A1" if last != "A1" else "A2"

    page = send(ben, chosen(stalls, gone), chosen(stalls, last))

    assert page.status_code == 409
    assert "No other seat like it is free." in page.text
    assert fields_of(page) == [chosen(stalls, last)]


def test_who_goes_back_may_choose_a_seat_of_before_again(ben: Client, stalls: TicketType) -> None:
    send(ben, chosen(stalls, "B3"), chosen(stalls, "B4"))

    again = send(ben, chosen(stalls, "B4"), chosen(stalls, "B5"))

    assert again.status_code == 303
    assert taken() == {"B4", "B5"}


def test_places_of_before_stay_when_somebody_else_has_a_seat(ben: Client, app: Flask, stalls: TicketType) -> None:
    send(ben, chosen(stalls, "B3"))
    ask(app.test_client(), item(stalls, "B4"))

    page = send(ben, chosen(stalls, "B3"), chosen(stalls, "B4"))

    assert page.status_code == 409
    assert "Continue with the places that are already kept for you" in page.text
    assert taken() == {"B3", "B4"}


@pytest.mark.parametrize(
    "text", ["x", "0", "-1", "1:", ":1", "1:x", "1:0", "9" * 30, f"{2**63}", "1:2:3", "\u0661", "1\x00"]
)
def test_bad_seats_are_refused_in_words(ben: Client, stalls: TicketType, text: str) -> None:
    page = send(ben, ("seat", text))

    assert (page.status_code, "There is no such seat here." in page.text) == (422, True)


def test_the_same_seat_twice_is_refused(ben: Client, stalls: TicketType) -> None:
    page = send(ben, chosen(stalls, "A1"), (f"seat-{seat('B1')}", f"{seat('A1')}:{stalls.pk}"))

    assert (page.status_code, "You chose the same seat twice." in page.text) == (422, True)


def test_seats_and_their_number_are_not_both_given(ben: Client, stalls: TicketType) -> None:
    page = send(ben, chosen(stalls, "A1"), (f"quantity-{stalls.pk}", 2))

    assert (page.status_code, "not both" in page.text) == (422, True)
    assert not Hold.objects.exists()


def test_seats_of_another_ticket_or_event_are_refused(ben: Client, stalls: TicketType, concert: Concert) -> None:
    wrong = send(ben, ("seat", f"{seat('A1')}:{concert.free.pk}"))
    unknown = send(ben, ("seat", 2**62))

    assert (wrong.status_code, "do not belong to this ticket" in wrong.text) == (422, True)
    assert (unknown.status_code, "There is no such seat here." in unknown.text) == (422, True)


def test_too_few_or_too_many_is_said_and_the_seats_are_kept(ben: Client, stalls: TicketType) -> None:
    TicketType.objects.filter(pk=stalls.pk).update(min_per_order=2, max_per_order=2)

    few = send(ben, chosen(stalls, "A1"))
    many = send(ben, *(chosen(stalls, name) for name in ("A1", "A2", "A3")))

    assert (few.status_code, "Stalls: Take at least 2 of these, or none." in few.text) == (422, True)
    assert (many.status_code, "Stalls: You can take at most 2 of these." in many.text) == (422, True)
    assert len(fields_of(many)) == 3
