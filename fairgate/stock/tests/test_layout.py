"""Halls as organizers type them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairgate.stock.layout import BLOCK_LENGTH, EXAMPLE, MAX_SEATS, NAME_LENGTH, Existing, LayoutMistakes, parse_layout


def seats(text: str) -> list[tuple[str, str, list[str], list[int]]]:
    return [
        (row.block, row.name, [number for number, _place in row.seats], [place for _number, place in row.seats])
        for row in parse_layout(text)
    ]


def mistakes(text: str, existing: Existing | None = None) -> list[str]:
    with pytest.raises(LayoutMistakes) as refused:
        parse_layout(text, existing)
    return refused.value.sentences


def test_a_line_is_a_block_its_rows_and_their_seats() -> None:
    assert seats("Stalls; A-B; 1-3 | 4-5") == [
        ("Stalls", "A", ["1", "2", "3", "4", "5"], [1, 2, 3, 5, 6]),
        ("Stalls", "B", ["1", "2", "3", "4", "5"], [1, 2, 3, 5, 6]),
    ]


def test_the_example_is_one() -> None:
    rows = parse_layout(EXAMPLE)

    assert (len(rows), sum(len(row.seats) for row in rows)) == (11, 196)


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        ("A, B, D-F", ["A", "B", "D", "E", "F"]),
        ("1-3, 5", ["1", "2", "3", "5"]),
        ("C-A", ["C", "B", "A"]),
        ("3-1", ["3", "2", "1"]),
        ("Y-AB", ["Y", "Z", "AA", "AB"]),
        ("a-c", ["a", "b", "c"]),
        ("08-11", ["08", "09", "10", "11"]),
        ("9-11", ["9", "10", "11"]),
        ("Box 1, Ä, 12a", ["Box 1", "Ä", "12a"]),
        ("A\u2013C", ["A", "B", "C"]),
        (" A\u00a0-\u00a0B ,C ", ["A", "B", "C"]),
    ],
)  # fmt: skip
def test_rows_are_names_and_ranges(written: str, rows: list[str]) -> None:
    assert [row.name for row in parse_layout(f"; {written}; 1")] == rows


@pytest.mark.parametrize(
    ("written", "numbers", "places"),
    [
        ("1-2 | 3", ["1", "2", "3"], [1, 2, 4]),
        ("1 || 2", ["1", "2"], [1, 4]),
        ("| 1-2", ["1", "2"], [2, 3]),
        ("1-2 |", ["1", "2"], [1, 2]),
        ("5-3", ["5", "4", "3"], [1, 2, 3]),
        ("2, 4, 6", ["2", "4", "6"], [1, 2, 3]),
    ],
)
def test_seats_stand_beside_each_other_but_for_aisles(written: str, numbers: list[str], places: list[int]) -> None:
    assert seats(f"; A; {written}") == [("", "A", numbers, places)]


def test_empty_lines_are_nothing() -> None:
    assert seats("\n; 1; 1\n\n  \n; 2; 1\n") == [("", "1", ["1"], [1]), ("", "2", ["1"], [1])]


SHAPE = "write block; rows; seats, with two semicolons, such as “Stalls; A-H; 1-10 | 11-20”."
MISSING = "Write names and ranges with commas between, such as 1-10, 12."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Write at least one line, such as “Stalls; A-H; 1-10 | 11-20”."),
        ("Stalls", f"Line 1: {SHAPE}"),
        ("Stalls; A; 1-3; 4", f"Line 1: {SHAPE}"),
        ("\nStalls; ; 1", "Line 2: the rows are missing. Write them such as A-H or 1-8."),
        ("Stalls; A; ", "Line 1: the seats are missing. Write them such as 1-10 or 1-10 | 11-20."),
        ("Stalls; A; | |", "Line 1: the seats are missing. Write them such as 1-10 or 1-10 | 11-20."),
        ("; A,,B; 1", f"Line 1: a name is missing in “A,,B”. {MISSING}"),
        ("; A-; 1", f"Line 1: a name is missing in “A-”. {MISSING}"),
        ("; A-3; 1", "Line 1: “A-3” is no range. Write two numbers or two letters, such as 1-10 or A-H."),
        ("; A-c; 1", "Line 1: “A-c” is no range. Write two numbers or two letters, such as 1-10 or A-H."),
        ("; \u0661-5; 1", "Line 1: “\u0661-5” is no range. Write two numbers or two letters, such as 1-10 or A-H."),
        ("; A, A; 1", "Line 1: row A is there twice. Write each row once."),
        ("; A; 1-3 | 3-5", "Line 1: seat 3 is there twice in one row. Write each seat once."),
        ("; A-C; 1\n; C; 2", "Line 2: row C is in line 1 already. Write all seats of a row in one line."),
        ("; elevenchars; 1", "Line 1: “elevenchars” is no name of a row or a seat. Use up to 10 letters and digits."),
        ("; A; \u202e1", "Line 1: “?1” is no name of a row or a seat. Use up to 10 letters and digits."),
        ("x" * 51 + "; A; 1", "Line 1: a block's name has at most 50 characters. Shorten it."),
        ("; 1-201; 1-100", "Line 1: with these there are more than 20,000 seats. Write fewer."),
        ("; 1-200; 1-100\n; 201; 1", "Line 2: with these there are more than 20,000 seats. Write fewer."),
        ("; A; 1-999999999", "Line 1: with these there are more than 20,000 seats. Write fewer."),
        ("; A-ZZZ, a-zzz; 1", "Line 1: with these there are more than 20,000 seats. Write fewer."),
        (
            "Stalls; A; 1\nBalcony; A; 1\nStalls; B; 1",
            "Line 3: “Stalls” has rows already, and “Balcony” stands behind. Write the lines of a block together.",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence_with_its_line(text: str, sentence: str) -> None:
    assert mistakes(text) == [sentence]


def test_each_wrong_line_is_told_but_not_a_thousand() -> None:
    assert len(mistakes("A\n; 1; 1\nB")) == 2
    assert len(mistakes("A\n" * 1000)) == 5


def test_further_rows_stand_behind_those_that_are_there() -> None:
    there = Existing(rows={("Stalls", "A"), ("Balcony", "1")}, last_block="Balcony", seats=19_990)

    assert [row.name for row in parse_layout("Balcony; 2; 1-10", there)] == ["2"]
    assert mistakes("Balcony; 1; 1", there) == ["Line 1: row 1 is there already. Give the new row another name."]
    assert mistakes("Balcony; 2; 1-11", there) == ["Line 1: with these there are more than 20,000 seats. Write fewer."]
    assert mistakes("Stalls; B; 1", there) == [
        "Line 1: “Stalls” has rows already, and “Balcony” stands behind. Write the lines of a block together."
    ]


NAMES = st.text(st.characters(categories=["Lu", "Ll", "Nd"], codec="ascii"), min_size=1, max_size=NAME_LENGTH)
SECTIONS = st.lists(st.lists(NAMES, max_size=5), min_size=1, max_size=3)


@given(
    block=st.text(st.characters(categories=["Lu", "Ll"], codec="ascii"), max_size=BLOCK_LENGTH),
    rows=st.lists(NAMES, min_size=1, max_size=5, unique=True),
    sections=SECTIONS.filter(lambda sections: 0 < len(flat(sections)) == len(set(flat(sections)))),
)
def test_what_is_written_is_what_there_is(block: str, rows: list[str], sections: list[list[str]]) -> None:
    text = f"{block}; {', '.join(rows)}; {' | '.join(', '.join(section) for section in sections)}"

    got = seats(text)

    assert [(its, name, numbers) for its, name, numbers, _places in got] == [
        (block, row, flat(sections)) for row in rows
    ]
    for _block, _row, _numbers, places in got:
        aisles = sum(second - first - 1 for first, second in pairwise(places))
        assert aisles == len(" | ".join("x" if section else "" for section in sections).strip(" |").split("|")) - 1


@given(first=st.integers(0, 30_000), last=st.integers(0, 30_000))
def test_a_range_has_both_its_ends_and_all_between(first: int, last: int) -> None:
    length = abs(last - first) + 1
    if length > MAX_SEATS:
        assert mistakes(f"; A; {first}-{last}")
        return
    ((_block, _row, numbers, places),) = seats(f"; A; {first}-{last}")

    assert (int(numbers[0]), int(numbers[-1]), len(set(numbers))) == (first, last, length)
    assert places == list(range(1, length + 1))


@given(st.text() | st.text("A-z19;,|- \n", max_size=200))
def test_any_text_is_a_hall_or_a_sentence(text: str) -> None:
    try:
        rows = parse_layout(text)
    except LayoutMistakes:
        return
    assert 0 < sum(len(row.seats) for row in rows) <= MAX_SEATS
    assert len({(row.block, row.name) for row in rows}) == len(rows)
    for row in rows:
        assert len({number for number, _place in row.seats}) == len({place for _number, place in row.seats})
        assert len(row.name) <= NAME_LENGTH


def flat(sections: list[list[str]]) -> list[str]:
    return [name for section in sections for name in section]
