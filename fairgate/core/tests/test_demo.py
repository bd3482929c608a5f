from __future__ import annotations

import pytest
from django.test import Client

from fairgate.accounts.models import User
from fairgate.core import demo
from fairgate.core.audit import find_differences
from fairgate.events.models import Event
from fairgate.stock.models import Draw, Quota, Seat

pytestmark = pytest.mark.django_db


def test_loading_again_adds_nothing() -> None:
    demo.load()
    before = counts()

    demo.load()

    assert counts() == before


@pytest.mark.django_db(transaction=True)
def test_the_theatre_has_240_numbered_seats_in_two_blocks() -> None:
    demo.load()

    theatre = Event.objects.get(slug="theatre")
    assert dict(theatre.quotas.values_list("name", "capacity")) == {"Stalls": 160, "Balcony": 80}
    assert Seat.objects.filter(quota__event=theatre).count() == 240
    assert list(theatre.ticket_types.order_by("position").values_list("name", "price")) == [
        ("Adult", 90000),
        ("Reduced", 60000),
        ("Balcony", 45000),
    ]
    assert find_differences() == []


def test_older_demo_data_gets_what_is_new() -> None:
    demo.load()
    # As if it had never been there.
    Event.objects.filter(slug="theatre").update(slug="another")

    demo.load()

    assert Seat.objects.filter(quota__event__slug="theatre").count() == 240


def test_the_operator_sees_the_installation_and_may_change_nothing(client: Client) -> None:
    demo.load()
    client.force_login(User.objects.get(email=demo.OPERATOR))

    assert client.get("/admin/now/").status_code == 200
    assert client.get("/admin/accounts/user/").status_code == 403
    assert client.get("/console/riverside/").status_code == 404


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Event, Quota, Draw, Seat))
