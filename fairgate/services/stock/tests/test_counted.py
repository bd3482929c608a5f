"""What buyers are told is counted, whichever way it is sold."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import Client

from fairgate.events.models import EventState
from fairgate.stock.models import MinuteCount
from fairgate.testing.cast import Concert


def ask(ben: Client, concert: Concert, quantity: int, key: str = "") -> int:
    body = {"items": [{"ticket_type": concert.standard.pk, "quantity": quantity}]}
    headers = {"Idempotency-Key": key or str(uuid4()), "Content-Type": "application/json"}
    return ben.post("/api/v1/shop/riverside/concert/holds", data=json.dumps(body), headers=headers).status_code


def counted(app: Flask, concert: Concert) -> dict[str, int]:
    app.config["PULSE"].stop()
    told: dict[str, int] = {}
    for row in MinuteCount.objects.filter(event_id=concert.event.pk):
        what = "ms" if row.what.startswith("ms-") else row.what
        told[what] = told.get(what, 0) + row.count
    return told


def test_each_answer_is_counted_once(app: Flask, ben: Client, concert: Concert) -> None:
    concert.quota.capacity = 10
    concert.quota.save()
    key = str(uuid4())

    statuses = [ask(ben, concert, 8, key), ask(ben, concert, 8, key), ask(ben, concert, 8), ask(ben, concert, 11)]
    concert.event.state = EventState.CLOSED
    concert.event.save()
    statuses.append(ask(ben, concert, 1))

    assert statuses == [201, 201, 409, 422, 422]
    assert counted(app, concert) == {"held": 1, "repeat": 1, "sold-out": 1, "invalid": 1, "not-on-sale": 1, "ms": 5}


def test_who_is_sent_away_is_counted(
    app: Flask, ben: Client, concert: Concert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.config["STORE"], "_may_sell", lambda: False)
    app.config["STORE"]._events["riverside", "concert"] = concert.event.pk

    status = ask(ben, concert, 1)
    monkeypatch.undo()

    assert status == 503
    assert counted(app, concert) == {"busy": 1, "ms": 1}
