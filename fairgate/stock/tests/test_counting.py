"""What a web process counts: nothing until it serves, then views as the door tells them and refusals of orders."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from fairgate.orders.errors import LimitReached
from fairgate.orders.place import Buyer, place_order
from fairgate.payments.models import Method
from fairgate.stock import counting
from fairgate.stock.models import MinuteCount
from fairgate.stock.pulse import Pulse
from fairgate.testing.cast import Concert, hold

HEADER = counting.VIEWS_HEADER


@pytest.fixture
def pulse(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Pulse:
    monkeypatch.setattr(counting, "_pulses", [])
    counting.start()
    return counting._pulses[0]


def counts() -> dict[str, int]:
    return {row.what: row.count for row in MinuteCount.objects.all()}


def look(told: str) -> None:
    assert Client().get("/riverside/concert/", headers={HEADER: told}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_views_are_what_the_door_tells(pulse: Pulse, concert: Concert) -> None:
    for told in ("40", "90", "60"):
        look(told)
    pulse.stop()

    assert counts() == {"views": 90}
    assert MinuteCount.objects.get().event_id == concert.event.pk


@pytest.mark.parametrize("told", ["", "-1", "1e9", "9" * 10, "many", "\u0664\u0662"])
@pytest.mark.django_db(transaction=True)
def test_what_is_no_number_is_no_view(told: str, pulse: Pulse, concert: Concert) -> None:
    counting.viewed(concert.event.pk, told)
    pulse.stop()

    assert counts() == {}


@pytest.mark.django_db(transaction=True)
def test_whom_a_limit_refuses_is_counted(pulse: Pulse, concert: Concert) -> None:
    concert.free.max_per_buyer = 1
    concert.free.save()

    order(concert, 1)
    with pytest.raises(LimitReached):
        order(concert, 1)
    counting.refused(uuid4(), "limit")
    pulse.stop()

    assert counts() == {"limit": 1}


@pytest.mark.django_db(transaction=True)
def test_who_does_not_serve_counts_nothing(concert: Concert, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_pulses", [])

    counting.viewed(concert.event.pk, "5")
    counting.refused(hold((concert.free, 1)).hold, "limit")

    assert counts() == {}


def order(concert: Concert, tickets: int) -> str:
    places = hold((concert.free, tickets)).hold
    buyer = Buyer("ben@example.org", "Ben Buyer", ["Ben"] * tickets)
    return place_order(places, key=str(places), buyer=buyer, method=Method.FREE)
