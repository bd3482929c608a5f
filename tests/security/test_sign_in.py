"""Guessing passwords ends soon, for one address as for one account."""

from __future__ import annotations

from tests.asking import Client
from tests.installed import Installed
from tests.olga import TOKEN


def test_wrong_passwords_are_counted(installed: Installed) -> None:
    """Last of all: the address from which all these tests come is then barred for a minute."""
    with Client(installed.port) as mallory:
        answers = [_guess(mallory, number) for number in range(11)]

    assert {answer for answer, _text in answers[:3]} == {422}
    assert answers[-1][0] == 429
    assert "Too many" in answers[-1][1]


def _guess(mallory: Client, number: int) -> tuple[int, str]:
    token = TOKEN.search(mallory.get("/accounts/login/").text)
    assert token
    answer = mallory.submit(
        "/accounts/login/", csrfmiddlewaretoken=token[1], login="gail@example.org", password=f"guess {number}"
    )
    return answer.status, answer.text
