"""What the page of a refusal costs those who sell: nothing, nearly always."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import Client

from fairgate.lib import statements
from fairgate.lib.cache import connect
from fairgate.lib.statements import Statements
from fairgate.services.stock.tests.seating import FORM
from fairgate.stock import shown
from fairgate.testing.cast import Concert

CROWD = 20


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an installation; tests have no cache otherwise."""
    its = connect("local://", "secret")
    monkeypatch.setattr(shown, "cache", lambda: its)


@pytest.mark.usefixtures("concert", "kept")
def test_of_a_crowd_that_is_refused_few_ask_the_database(app: Flask) -> None:
    client = app.test_client()

    asked = [_statements_of(client) for _ in range(CROWD)]

    # Which event it is, then its facts, its dates and its tickets.
    assert asked[0] == 4
    assert 0 in asked


def test_without_a_cache_the_page_is_the_same(ben: Client, concert: Concert) -> None:
    page = ben.post(FORM)

    assert (page.status_code, concert.event.title in page.text) == (422, True)


def _statements_of(client: Client) -> int:
    own = Statements()
    token = statements.current.set(own)
    try:
        assert client.post(FORM).status_code == 422
    finally:
        statements.current.reset(token)
    return own.count
