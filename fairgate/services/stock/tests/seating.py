"""Numbered seats in the tests of the stock service."""

from __future__ import annotations

import json
import uuid
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fairgate.events.models import TicketType
from fairgate.stock.models import Draw, Quota, Seat, SeatTaken

HOLDS = "/api/v1/shop/riverside/concert/holds"
FORM = "/riverside/concert/holds/"


def seat(name: str) -> int:
    """ "B3" of the stalls."""
    return Seat.objects.get(row=name[0], number=name[1:], quota__name="Stalls").pk


def taken() -> set[str]:
    return {f"{row}{number}" for row, number in SeatTaken.objects.values_list("seat__row", "seat__number")}


def ask(client: FlaskClient, *items: dict[str, Any], key: str = "") -> TestResponse:
    return client.post(HOLDS, data=json.dumps({"items": items}), headers={"Idempotency-Key": key or str(uuid.uuid4())})


def item(ticket_type: TicketType, *names: str, quantity: int | None = None) -> dict[str, Any]:
    seats = [seat(name) for name in names]
    return {"ticket_type": ticket_type.pk, "quantity": len(seats) if quantity is None else quantity, "seats": seats}


def make_reduced(stalls: TicketType) -> TicketType:
    """Another kind of ticket for the same seats."""
    reduced = TicketType.objects.create(
        event=stalls.event, session=stalls.session, name="Reduced", price=300_00, position=3
    )
    Draw.objects.create(ticket_type=reduced, quota=Quota.objects.get(name="Stalls", event=stalls.event))
    return reduced
