"""The pure rule: what a code says before anyone looks it up."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairgate.lib import signing
from fairgate.lib.ids import ALPHABET, grouped
from fairgate.services.gate import scan

KEY = "k" * 32
TICKET = UUID("01234567-89ab-7cde-8f01-23456789abcd")
CODE = signing.sign(KEY, 42, TICKET)
SIGNED = scan.Claim("signed", ticket=TICKET, event=42)
TYPED = scan.Claim("typed", reference="K7QM2XWD9FTA")


@pytest.mark.parametrize(
    "text",
    [CODE, CODE.lower(), f"  {CODE}\r\n", f"{CODE}\t", f"\x02{CODE}\x03", f"https://tickets.example.org/t/{CODE}/"],
)
def test_a_signed_code_is_read_however_a_scanner_wraps_it(text: str) -> None:
    assert scan.read(KEY, text) == SIGNED


@pytest.mark.parametrize("text", ["K7QM2XWD9FTA", grouped("K7QM2XWD9FTA"), "k7qm-2xwd-9fta", " K7QM2XWD9FTA\n"])
def test_a_reference_is_read_however_it_is_typed(text: str) -> None:
    assert scan.read(KEY, text) == TYPED


def test_look_alike_letters_do_not_matter() -> None:
    assert scan.read(KEY, "OIL2XWD9FTAK") == scan.Claim("typed", reference="0112XWD9FTAK")


@pytest.mark.parametrize(
    "text", ["", " ", "hello", CODE[:-1], CODE + "0", "\x00", "K7QM2XWD9FT!", "9" * 2_000, "山田太郎" * 3]
)
def test_what_is_no_code_is_unknown(text: str) -> None:
    assert scan.read(KEY, text) == scan.UNKNOWN


def test_a_code_of_another_installation_is_forged() -> None:
    assert scan.read(KEY, signing.sign("other" * 8, 42, TICKET)) == scan.FORGED


@given(position=st.integers(0, len(CODE) - 1), char=st.sampled_from(ALPHABET))
def test_one_changed_character_is_never_signed(position: int, char: str) -> None:
    forged = CODE[:position] + char + CODE[position + 1 :]

    assert (scan.read(KEY, forged) == SIGNED) == (forged == CODE)
    assert forged == CODE or scan.read(KEY, forged).kind in ("forged", "unknown")


@given(st.sets(st.integers(0, 5 * len(CODE) - 1), min_size=1, max_size=40))
def test_flipped_bits_are_never_signed(bits: set[int]) -> None:
    number = sum(ALPHABET.index(char) << 5 * place for place, char in enumerate(reversed(CODE)))
    for bit in bits:
        number ^= 1 << bit

    forged = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(len(CODE))))

    assert scan.read(KEY, forged).kind in ("forged", "unknown")


@given(st.text())
def test_no_text_breaks_the_rule(text: str) -> None:
    assert scan.read(KEY, text).kind in ("typed", "unknown")
