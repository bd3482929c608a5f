from __future__ import annotations

import pytest

from fairgate.lib.lsn import Lsn, lsn
from fairgate.replicas.token import Token, newer, read


def test_a_token_is_read_as_it_was_written() -> None:
    token = Token(0x1F, lsn("16/B374D848"))

    assert str(token) == "1F-16/B374D848"
    assert read(str(token)) == token


@pytest.mark.parametrize("text", ["", "1", "1-", "1-16", "g-16/B3", "1-16/B3 ", "1-16/b3", "-1-1/1", "1-1/123456789"])
def test_rubbish_is_no_token(text: str) -> None:
    assert read(text) is None


def test_only_positions_of_one_timeline_compare() -> None:
    early, late, elsewhere = Token(1, Lsn(5)), Token(1, Lsn(6)), Token(2, Lsn(6))

    assert early.is_in(late)
    assert early.is_in(early)
    assert not late.is_in(early)
    assert not early.is_in(elsewhere)


def test_the_newer_one_covers_both() -> None:
    early, late, after_failover = Token(1, Lsn(5)), Token(1, Lsn(6)), Token(2, Lsn(1))

    assert newer(early, late) == late
    assert newer(None, early) == early
    assert newer(late, after_failover) == after_failover
