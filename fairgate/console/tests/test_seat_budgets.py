"""What pages with numbered seats cost in statements: the same for 240 seats and for 2,000."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from fairgate.accounts.models import User
from fairgate.stock import seating
from fairgate.stock.models import Quota
from fairgate.testing.cast import Concert

BASE = "/console/riverside/events/concert/"


@pytest.fixture(params=[12, 100])
def quota(request: pytest.FixtureRequest, concert: Concert, olga: User) -> Quota:
    layout = f"Stalls; 1-{request.param // 2}; 1-10 | 11-20\nBalcony; 1-{request.param // 2}; 1-20"
    return seating.add_seated_quota(concert.session, name="Hall", layout=layout, by=olga)


def test_quota(quota: Quota, as_olga: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    # The session, the person, their memberships; the event, the quota, its seats.
    with django_assert_num_queries(6):
        assert as_olga.get(f"{BASE}quotas/{quota.pk}/").status_code == 200


def test_further_rows(quota: Quota, as_olga: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(5):
        assert as_olga.get(f"{BASE}quotas/{quota.pk}/seats/").status_code == 200


def test_blocking_every_seat(quota: Quota, as_olga: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    chosen = ",".join(map(str, quota.seats.values_list("pk", flat=True)))

    # As the quota; its lock, its seats, the function, the trace, what makes caches void, the capacity; what to say
    # next goes into the session. Two savepoints.
    with django_assert_num_queries(16):
        answer = as_olga.post(f"{BASE}quotas/{quota.pk}/blocking/", {"seat": chosen, "blocked": "yes"})

    assert answer.status_code == 302
    assert not quota.seats.filter(is_blocked=False).exists()


def test_adding_rows(quota: Quota, as_olga: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    rows = quota.capacity // 20
    layout = f"Gallery; 1-{rows}; 1-20"

    # As the quota; its lock, the rows there, the number of seats, the new seats, the count, the capacity, the trace;
    # what makes caches void; the session. Two savepoints.
    with django_assert_num_queries(18):
        answer = as_olga.post(f"{BASE}quotas/{quota.pk}/seats/", {"layout": layout})

    assert answer.status_code == 302


def test_overview_and_event(quota: Quota, as_olga: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    # As many as without seats.
    with django_assert_num_queries(11):
        assert as_olga.get("/console/riverside/").status_code == 200
    with django_assert_num_queries(12):
        assert as_olga.get(BASE).status_code == 200
