from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from django.conf import settings
from django.db import connection
from flask import Flask
from flask.testing import FlaskClient

from fairgate.accounts.models import User
from fairgate.checkin import grants
from fairgate.checkin.actions import ensure_default_list
from fairgate.checkin.models import CheckinList, GateGrant
from fairgate.lib import env
from fairgate.orders.models import Ticket
from fairgate.orders.queries import ticket_code
from fairgate.organizers.models import Organizer, Role
from fairgate.services.gate import create_app
from fairgate.testing.cast import Concert, buy, make_concert, make_member, make_organizer


@pytest.fixture
def riverside(transactional_db: None) -> Organizer:
    """Committed, since the service reads it over connections of its own."""
    return make_organizer("riverside")


@pytest.fixture
def concert(riverside: Organizer) -> Concert:
    return make_concert(riverside)


@pytest.fixture
def gail(riverside: Organizer) -> User:
    return make_member(riverside, "gail@example.org", Role.GATE)


@pytest.fixture
def everyone(concert: Concert) -> CheckinList:
    return ensure_default_list(concert.event)


@pytest.fixture
def ticket(concert: Concert) -> Ticket:
    """Ben's, of the kind that costs nothing and is good at once."""
    return buy((concert.free, 1)).tickets.get()


@pytest.fixture
def app(transactional_db: None) -> Iterator[Flask]:
    its = connection.settings_dict
    url = f"postgresql://{its['USER']}:{its['PASSWORD']}@{its['HOST']}:{its['PORT']}/{its['NAME']}"
    app = create_app(replace(env.settings(), database_url=url))
    yield app
    app.config["STORE"].close()


@dataclass
class Gate:
    """A device at a door, with a browser that carries its grant."""

    client: FlaskClient
    token: str

    @property
    def grant(self) -> GateGrant:
        return GateGrant.objects.get(pk=self.token.partition(".")[0])

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture
def gate(app: Flask, gail: User, riverside: Organizer) -> Gate:
    return open_gate(app, gail, riverside)


def open_gate(app: Flask, user: User, organizer: Organizer, device: str = "Main entrance") -> Gate:
    token = grants.issue(user, organizer, device)
    client = app.test_client()
    client.set_cookie("fairgate_gate", token, domain="localhost")
    return Gate(client, token)


def code_of(ticket: Ticket) -> str:
    return ticket_code(Ticket.objects.get(pk=ticket.pk))


def key() -> str:
    return str(settings.SECRET_KEY)
