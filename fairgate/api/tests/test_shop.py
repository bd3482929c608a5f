from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from fairgate.events.models import Event, TicketType
from fairgate.lib import secrets
from fairgate.lib.signing import verify
from fairgate.orders.models import Order, Ticket
from fairgate.stock.engine import Answer
from fairgate.testing.cast import Concert, hold

pytestmark = pytest.mark.django_db

BEN = {"email": "ben@example.org", "name": "Ben Buyer", "payment": "free"}


def secret_of(held: object) -> str:
    return secrets.derive(settings.SECRET_KEY, "hold", str(held))


def order(client: Client, held: Answer, body: Any = BEN, *, key: str = "", secret: str | None = None) -> HttpResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "Idempotency-Key": key or str(uuid.uuid4()),
        "Fairgate-Secret": secret_of(held.hold) if secret is None else secret,
    }
    return client.post(f"/api/v1/shop/holds/{held.hold}/order", data, "application/json", headers=headers)  # type: ignore[return-value]


def word(answer: HttpResponse) -> str:
    assert answer["Content-Type"] == "application/problem+json"
    return str(json.loads(answer.content)["type"].rpartition("/")[2])


def test_event(client: Client, concert: Concert) -> None:
    answer = client.get("/api/v1/shop/riverside/concert")

    assert answer["Cache-Control"] == "public, max-age=1"
    assert answer.json()["ticket_types"][0] == {
        "id": concert.standard.pk,
        "name": "Standard",
        "price": "999.00",
        "session": concert.session.pk,
        "available": "plenty",
        "max_per_order": 10,
        "min_per_order": 1,
        "seated": False,
    }


def test_seats(client: Client, stalls: TicketType) -> None:
    taken = hold((stalls, 1)).items[0].seats

    answer = client.get("/api/v1/shop/riverside/concert/seats")

    assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=1")
    (plan,) = answer.json()["plans"]
    assert (plan["session"], plan["name"], plan["ticket_types"]) == (stalls.session_id, "Stalls", [stalls.pk])
    (block,) = plan["blocks"]
    assert [(row["name"], len(row["seats"])) for row in block["rows"]] == [("A", 10), ("B", 10), ("C", 10)]
    seats = [seat for row in block["rows"] for seat in row["seats"]]
    assert [seat["id"] for seat in seats if not seat["free"]] == taken
    assert {name: seats[5][name] for name in ("number", "name", "place")} == {
        "number": "6",
        "name": "Stalls, row A, seat 6",
        "place": 7,
    }


def test_an_event_without_seats_has_no_plan(client: Client, concert: Concert) -> None:
    assert client.get("/api/v1/shop/riverside/concert/seats").json() == {"plans": []}
    assert client.get("/api/v1/shop/riverside/nothing/seats").status_code == 404


def test_tickets_of_an_order_name_their_seats(client: Client, stalls: TicketType) -> None:
    body = json.loads(order(client, hold((stalls, 2)), {**BEN, "payment": "transfer"}).content)

    assert [ticket["seat"]["name"] for ticket in body["tickets"]] == [
        "Stalls, row A, seat 4",
        "Stalls, row A, seat 5",
    ]


def test_order_with_tickets_that_a_gate_can_check(client: Client, concert: Concert) -> None:
    answer = order(client, hold((concert.free, 2)), {**BEN, "attendees": ["Ann", ""]})

    assert answer.status_code == 201
    body = json.loads(answer.content)
    assert (body["status"], body["total"]) == ("paid", "0.00")
    assert [ticket["name"] for ticket in body["tickets"]] == ["Ann", "Ben Buyer"]
    signed = verify(settings.SECRET_KEY, body["tickets"][0]["code"])
    assert (signed.event, str(signed.ticket)) == (concert.event.pk, body["tickets"][0]["id"])


def test_same_key_and_body_is_the_same_answer(client: Client, concert: Concert) -> None:
    held = hold((concert.free, 1))

    first, again = (order(client, held, key="k" * 16) for _ in range(2))

    assert (again.status_code, again.content) == (201, first.content)
    assert Order.objects.count() == 1


def test_same_key_other_body_and_other_key(client: Client, concert: Concert) -> None:
    held = hold((concert.free, 1))
    order(client, held, key="k" * 16)

    assert word(order(client, held, {**BEN, "name": "Other"}, key="k" * 16)) == "key-reused"
    assert word(order(client, held, key="o" * 16)) == "hold-used"


def test_show_order(client: Client, concert: Concert) -> None:
    placed = json.loads(order(client, hold((concert.free, 1))).content)
    address = f"/api/v1/shop/orders/{placed['code']}"

    assert client.get(address, headers={"Fairgate-Secret": placed["secret"]}).json() == placed
    assert client.get(address).status_code == 403
    assert client.get(address, headers={"Fairgate-Secret": "x" * 22}).status_code == 403


def test_more_than_one_buyer_may_have_is_refused_and_tells_nothing_more(client: Client, concert: Concert) -> None:
    TicketType.objects.filter(pk=concert.free.pk).update(max_per_buyer=2)
    order(client, hold((concert.free, 2)))
    held = hold((concert.free, 1))

    refused = order(client, held, key="k" * 16)

    assert (refused.status_code, word(refused)) == (409, "limit-reached")
    body = json.loads(refused.content)
    assert (body["most"], sorted(body)) == (2, ["detail", "most", "status", "title", "type"])
    # A refusal is not remembered: the same key and hold may order for somebody else.
    assert order(client, held, {**BEN, "email": "gail@example.org"}, key="k" * 16).status_code == 201


def test_an_address_that_was_not_confirmed_is_refused(client: Client, concert: Concert) -> None:
    Event.objects.update(verified_only=True)

    refused = order(client, hold((concert.free, 1)))

    assert (refused.status_code, word(refused)) == (409, "not-verified")
    assert not Order.objects.exists()


@pytest.mark.parametrize("secret", ["", "x" * 22, "ü", "x" * 10_000])
def test_hold_of_someone_else(client: Client, concert: Concert, secret: str) -> None:
    assert word(order(client, hold((concert.free, 1)), secret=secret)) == "wrong-secret"
    assert not Order.objects.exists()


def test_hold_that_never_was(client: Client, concert: Concert) -> None:
    held = uuid.uuid4()
    headers = {"Idempotency-Key": "k" * 16, "Fairgate-Secret": secret_of(held)}

    answer = client.post(f"/api/v1/shop/holds/{held}/order", BEN, "application/json", headers=headers)

    assert word(answer) == "not-found"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b'{"email": "\xff"}', 400, None),
        (b"[" * 50_000, 400, None),
        (b" " * 300_000, 413, None),
        ([], 422, "body"),
        ({**BEN, "email": "ben"}, 422, "email"),
        ({**BEN, "email": 7}, 422, "email"),
        ({**BEN, "email": "x" * 300 + "@example.org"}, 422, "email"),
        ({**BEN, "email": "ben@example.org\x00"}, 422, "email"),
        ({**BEN, "name": ""}, 422, "name"),
        ({**BEN, "name": " "}, 422, "name"),
        ({**BEN, "name": "a\x00b"}, 422, "name"),
        ({**BEN, "name": "a\nb"}, 422, "name"),
        ({**BEN, "name": "x" * 201}, 422, "name"),
        ({**BEN, "attendees": ["Ann"]}, 422, "attendees"),
        ({**BEN, "attendees": ["Ann", 7]}, 422, "attendees[1]"),
        ({**BEN, "attendees": "Ann"}, 422, "attendees"),
        ({**BEN, "payment": "transfer"}, 422, "payment"),
        ({**BEN, "payment": "gold"}, 422, "payment"),
        ({**BEN, "voucher": "X"}, 422, "voucher"),
        ({"email": "ben@example.org", "name": "Ben"}, 422, "payment"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_bad_bodies(client: Client, concert: Concert, body: Any, status: int, field: str | None) -> None:
    answer = order(client, hold((concert.free, 2)), body)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    if field:
        assert list(json.loads(answer.content)["errors"]) == [field]
    assert not Order.objects.exists()


@pytest.mark.parametrize("key", ["", "short", "x" * 201])
def test_a_key_that_could_be_guessed(client: Client, concert: Concert, key: str) -> None:
    held = hold((concert.free, 1))
    headers = {"Idempotency-Key": key, "Fairgate-Secret": secret_of(held.hold)}

    answer = client.post(f"/api/v1/shop/holds/{held.hold}/order", BEN, "application/json", headers=headers)

    assert list(answer.json()["errors"]) == ["Idempotency-Key"]


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("delete", "/api/v1/shop/riverside/concert"),
        ("get", f"/api/v1/shop/holds/{uuid.UUID(int=1)}/order"),
        ("post", "/api/v1/shop/orders/X"),
    ],
)
def test_wrong_methods(client: Client, concert: Concert, method: str, address: str) -> None:
    answer = getattr(client, method)(address)

    assert (word(answer), answer.has_header("Allow")) == ("method-not-allowed", True)


def test_what_is_not_there_is_a_problem_too(client: Client, concert: Concert) -> None:
    assert word(client.get("/api/v1/shop/riverside/nothing")) == "not-found"
    assert word(client.get("/api/nothing")) == "not-found"


def test_a_placed_order_takes_few_statements(client: Client, concert: Concert, django_assert_num_queries: Any) -> None:
    held = hold((concert.free, 5))

    # The hold's basket; the order; then all of it for the answer.
    with django_assert_num_queries(3):
        order(client, held)
    assert Ticket.objects.count() == 5
