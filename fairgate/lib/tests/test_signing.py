from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairgate.lib import signing
from fairgate.lib.ids import ALPHABET

KEY, OTHER_KEY = "a" * 64, "b" * 64
TICKET = UUID("01a20337-8558-779c-af06-dcf19c91e732")
CODE = signing.sign(KEY, 7, TICKET)


@given(st.integers(0, 2**63 - 1), st.uuids())
def test_a_code_says_what_was_signed(event: int, ticket: UUID) -> None:
    assert signing.verify(KEY, signing.sign(KEY, event, ticket)) == signing.SignedTicket(event, ticket)


def test_the_same_ticket_has_one_code_for_scanners_without_shift() -> None:
    assert signing.sign(KEY, 7, TICKET) == CODE
    assert (len(CODE), set(CODE) <= set(ALPHABET)) == (149, True)


@given(st.integers(0, len(CODE) - 1), st.sampled_from(ALPHABET))
def test_no_changed_character_is_accepted(position: int, char: str) -> None:
    changed = CODE[:position] + char + CODE[position + 1 :]

    if changed != CODE:
        with pytest.raises((signing.Forged, signing.NotACode)):
            signing.verify(KEY, changed)


def test_another_installations_code_is_forged() -> None:
    with pytest.raises(signing.Forged):
        signing.verify(OTHER_KEY, CODE)


@given(st.text(max_size=200))
def test_any_other_text_is_no_code(text: str) -> None:
    with pytest.raises((signing.Forged, signing.NotACode)):
        signing.verify(KEY, text)


@given(st.text(ALPHABET, min_size=149, max_size=149))
def test_a_made_up_code_is_refused(text: str) -> None:
    with pytest.raises((signing.Forged, signing.NotACode)):
        signing.verify(KEY, text)
