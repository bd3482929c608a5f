"""Max manages and Fay does the books, beside Olga and Gail."""

from __future__ import annotations

import pytest
from django.test import Client

from fairgate.accounts.models import User
from fairgate.organizers.models import Organizer, Role
from fairgate.testing.cast import make_member


@pytest.fixture
def max_manager(riverside: Organizer) -> User:
    return make_member(riverside, "max@example.org", Role.MANAGER)


@pytest.fixture
def fay(riverside: Organizer) -> User:
    return make_member(riverside, "fay@example.org", Role.FINANCE)


@pytest.fixture
def as_olga(olga: User) -> Client:
    return signed_in(olga)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
