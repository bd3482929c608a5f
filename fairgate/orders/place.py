"""Placing an order: a hold becomes an order with tickets, in one statement (`sql/place.sql`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from fairgate.lib import logs, traces
from fairgate.lib.database import answered_by_standby
from fairgate.lib.ids import new_code, uuid7
from fairgate.lib.metrics.names import ORDER_REQUESTS, TICKETS_ISSUED
from fairgate.orders import contact, errors
from fairgate.payments.models import Method
from fairgate.stock import counting
from fairgate.stock.engine import digest

CODE_LENGTH = 8
REFERENCE_LENGTH = 12


@dataclass(frozen=True)
class Buyer:
    email: str
    name: str
    # One for each ticket, in the order of the hold's items; empty: the buyer's own name.
    attendees: Sequence[str]


def place_order(hold: UUID, *, key: str, buyer: Buyer, method: Method) -> str:
    """The code of the order that the hold became, now or by the same request before. Raises OrderError."""
    tickets = len(buyer.attendees)
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        answered_by_standby(connection.connection),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT outcome, placed_code, most FROM orders_place("
            "%s, %s, %s, %s, %s, %s, %s, %s, %s::uuid[], %s::text[], %s::text[], %s, %s)",
            (
                hold,
                digest("order", key),
                digest(buyer.email, buyer.name, method, *buyer.attendees),
                new_code(CODE_LENGTH),
                buyer.email,
                contact.buyer(buyer.email),
                buyer.name,
                method,
                [uuid7() for _ in range(tickets)],
                [new_code(REFERENCE_LENGTH) for _ in range(tickets)],
                list(buyer.attendees),
                logs.request_id.get(),
                traces.traceparent(),
            ),
        )
        outcome, code, most = cursor.fetchone()
    ORDER_REQUESTS.labels(outcome).inc()
    TICKETS_ISSUED.inc(tickets if outcome == "placed" else 0)
    match outcome:
        case "placed" | "repeat":
            return str(code)
        case "key-reused":
            raise errors.KeyReused
        case "hold-used":
            raise errors.HoldUsed(code)
        case "hold-expired":
            raise errors.HoldExpired
        case "limit-reached":
            counting.refused(hold, "limit")
            raise errors.LimitReached(most)
        case "not-verified":
            counting.refused(hold, "not-verified")
            raise errors.NotVerified
        case "wrong-method":
            raise errors.WrongMethod
        case _:
            raise errors.HoldNotFound
