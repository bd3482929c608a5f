from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from werkzeug.test import Client, TestResponse

from fairgate.lib import env, secrets
from fairgate.stock.models import Hold
from fairgate.testing.cast import Concert, buy, make_concert

HOLDS = "/api/v1/shop/riverside/concert/holds"


def ask(ben: Client, body: Any, key: str | None = None, path: str = HOLDS) -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ben.post(path, data=data, headers={"Idempotency-Key": key or str(uuid.uuid4())})


def items(*pairs: tuple[int, Any]) -> dict[str, Any]:
    return {"items": [{"ticket_type": ticket_type, "quantity": quantity} for ticket_type, quantity in pairs]}


def taken(concert: Concert) -> int:
    concert.quota.refresh_from_db()
    return concert.quota.taken


def test_hold(ben: Client, concert: Concert) -> None:
    answer = ask(ben, items((concert.standard.pk, 2), (concert.free.pk, 1)))

    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["total"], body["currency"]) == ("1998.00", "INR")
    assert body["items"][0] == {"ticket_type": concert.standard.pk, "quantity": 2, "price": "999.00"}
    assert taken(concert) == 3


def test_same_key_gives_the_same_bytes(ben: Client, concert: Concert) -> None:
    key = str(uuid.uuid4())

    first, again = (ask(ben, items((concert.free.pk, 2)), key) for _ in range(2))

    assert (again.status_code, again.data) == (201, first.data)
    assert taken(concert) == 2


def test_same_key_with_another_body_is_refused(ben: Client, concert: Concert) -> None:
    key = str(uuid.uuid4())
    ask(ben, items((concert.free.pk, 2)), key)

    answer = ask(ben, items((concert.free.pk, 3)), key)

    assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (422, "key-reused")


def test_sold_out_says_what_is_left(ben: Client, concert: Concert) -> None:
    for _ in range(10):
        ask(ben, items((concert.free.pk, 9)))
    ask(ben, items((concert.free.pk, 8)))

    answer = ask(ben, items((concert.free.pk, 3)))

    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    assert answer.get_json()["items"] == [{"ticket_type": concert.free.pk, "left": 2}]
    assert taken(concert) == 98


def test_a_refusal_is_not_remembered(ben: Client, concert: Concert) -> None:
    key = str(uuid.uuid4())
    big = [ask(ben, items((concert.free.pk, 10))).get_json() for _ in range(10)]
    assert ask(ben, items((concert.free.pk, 1)), key).status_code == 409
    ben.delete(f"/api/v1/shop/holds/{big[0]['hold']}", headers={"Fairgate-Secret": big[0]["secret"]})

    assert ask(ben, items((concert.free.pk, 1)), key).status_code == 201


def test_show_and_release(ben: Client, concert: Concert) -> None:
    hold = ask(ben, items((concert.free.pk, 2))).get_json()
    address, secret = f"/api/v1/shop/holds/{hold['hold']}", {"Fairgate-Secret": hold["secret"]}

    assert ben.get(address, headers=secret).get_json()["state"] == "active"
    assert ben.delete(address, headers=secret).status_code == 204
    assert ben.delete(address, headers=secret).status_code == 204
    assert ben.get(address, headers=secret).get_json()["state"] == "released"
    assert taken(concert) == 0


def test_a_hold_that_became_an_order_is_not_given_back(ben: Client, concert: Concert) -> None:
    order = buy((concert.free, 2))
    hold = order.hold_id
    secret = {"Fairgate-Secret": secrets.derive(env.settings().secret_key, "hold", str(hold))}

    answer = ben.delete(f"/api/v1/shop/holds/{hold}", headers=secret)

    assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (409, "hold-used")
    assert taken(concert) == 2


def test_hold_that_never_was(ben: Client, concert: Concert) -> None:
    hold = uuid.uuid4()
    secret = {"Fairgate-Secret": secrets.derive(env.settings().secret_key, "hold", str(hold))}

    assert ben.get(f"/api/v1/shop/holds/{hold}", headers=secret).status_code == 404
    assert ben.delete(f"/api/v1/shop/holds/{hold}", headers=secret).status_code == 404


def test_connections_that_died_in_the_pool_are_no_error(ben: Client, concert: Concert) -> None:
    hold = ask(ben, items((concert.free.pk, 2))).get_json()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'fairgate-stock' AND datname = current_database()"
        )

    headers = {"Fairgate-Secret": hold["secret"]}
    assert ben.get(f"/api/v1/shop/holds/{hold['hold']}", headers=headers).get_json()["state"] == "active"
    assert ask(ben, items((concert.free.pk, 1))).status_code == 201


def test_mallory_needs_the_secret(ben: Client, concert: Concert) -> None:
    hold = ask(ben, items((concert.free.pk, 2))).get_json()

    for secret in ({}, {"Fairgate-Secret": ""}, {"Fairgate-Secret": "x" * 22}, {"Fairgate-Secret": "ü"}):
        assert ben.get(f"/api/v1/shop/holds/{hold['hold']}", headers=secret).status_code == 403
        assert ben.delete(f"/api/v1/shop/holds/{hold['hold']}", headers=secret).status_code == 403
    assert taken(concert) == 2


DEEP = b'{"items":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b"\xff\xfe", 400, None),
        (b'{"items": "\x00"}', 400, None),
        (DEEP, 400, None),
        (b"[]", 422, "body"),
        ({}, 422, "items"),
        ({"items": []}, 422, "items"),
        ({"items": "all"}, 422, "items"),
        ({"items": [7]}, 422, "items[0]"),
        ({"items": [{"ticket_type": 1, "quantity": 1}], "gift": True}, 422, "gift"),
        ({"items": [{"ticket_type": 1, "quantity": 1, "seats": ["A1"]}]}, 422, "items[0].seats[0]"),
        (items((1, 0)), 422, "items[0].quantity"),
        (items((1, -1)), 422, "items[0].quantity"),
        (items((1, 11)), 422, "items[0].quantity"),
        (items((1, 10**9)), 422, "items[0].quantity"),
        (items((1, 10**30)), 422, "items[0].quantity"),
        (items((1, 1.5)), 422, "items[0].quantity"),
        (items((1, "1")), 422, "items[0].quantity"),
        (items((1, True)), 422, "items[0].quantity"),
        (items((1, None)), 422, "items[0].quantity"),
        (items((1, 1), (1, 2)), 422, "items[1].ticket_type"),
        (items((0, 1)), 422, "items[0].ticket_type"),
        (items((2**62, 1)), 422, "items[0].ticket_type"),
        (items((2**70, 1)), 422, "items[0].ticket_type"),
        (b" " * 300_000, 413, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_bodies(ben: Client, concert: Concert, body: Any, status: int, field: str | None) -> None:
    if isinstance(body, dict) and "items" in body:
        body = json.loads(json.dumps(body).replace('"ticket_type": 1,', f'"ticket_type": {concert.free.pk},'))

    answer = ask(ben, body)

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    if field:
        assert list(answer.get_json()["errors"]) == [field]
    assert not Hold.objects.exists()


@pytest.mark.parametrize("key", ["", "short", "x" * 201])
def test_a_key_that_could_be_guessed_is_refused(ben: Client, concert: Concert, key: str) -> None:
    answer = ben.post(HOLDS, json=items((concert.free.pk, 1)), headers={"Idempotency-Key": key})

    assert list(answer.get_json()["errors"]) == ["Idempotency-Key"]


def test_ticket_type_of_another_event(ben: Client, concert: Concert) -> None:
    other = make_concert(concert.event.organizer, "other")

    answer = ask(ben, items((other.free.pk, 1)))

    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["items[0].ticket_type"])


def test_unknown_addresses_and_methods(ben: Client, concert: Concert) -> None:
    assert ask(ben, items((1, 1)), path="/api/v1/shop/riverside/nothing/holds").status_code == 404
    assert ben.get("/api/v1/shop/holds/nothing").status_code == 404
    assert (ben.put(HOLDS).status_code, ben.put(HOLDS).headers["Allow"]) == (405, "POST")
    assert ben.post(f"/api/v1/shop/holds/{uuid.uuid4()}").status_code == 405
