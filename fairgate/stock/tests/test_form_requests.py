from __future__ import annotations

import pytest

from fairgate.lib.problems import Problem
from fairgate.stock import form_requests
from fairgate.stock.engine import Item

KEY = "a key that nobody guesses"


def nobody_asks(seats: object) -> list[form_requests.FoundSeat]:
    raise AssertionError("who says everything costs no question")


def test_numbers_and_seats_with_their_tickets_need_no_question() -> None:
    fields = [("quantity-7", "2"), ("seat", "12:5"), ("seat-9", "13:6"), ("seat", "14:5"), ("seat", ""), ("note", "x")]

    request = form_requests.read(1, fields, KEY, nobody_asks)

    assert request.items == (Item(5, 2, (12, 14)), Item(6, 1, (13,)), Item(7, 2))


def test_other_seats_are_another_wish() -> None:
    one, other = (form_requests.read(1, [("seat", seat)], KEY, nobody_asks) for seat in ("12:5", "13:5"))

    assert (one.key == other.key, one.fingerprint == other.fingerprint) == (True, False)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ([], ""),
        ([("quantity-7", "0"), ("seat", " ")], ""),
        ([("quantity-x", "1")], "quantity-x"),
        ([("quantity-7", "-1")], "quantity-7"),
        ([("quantity-7", "1.5")], "quantity-7"),
        ([("quantity-7", "\u0663")], "quantity-7"),
        ([("seat", "1_0:5")], "seat"),
        ([("seat", "12:5"), ("seat", "12:6")], "seat"),
        ([("seat", "12:5"), ("quantity-5", "1")], "quantity-5"),
        ([("seat", f"{n}:5") for n in range(1, 502)], ""),
        ([(f"quantity-{n}", "1") for n in range(1, 52)], ""),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_of_its_field(fields: list[tuple[str, str]], wrong: str) -> None:
    with pytest.raises(Problem) as refused:
        form_requests.read(1, fields, KEY, nobody_asks)

    assert list(refused.value.extra["errors"]) == [wrong]
