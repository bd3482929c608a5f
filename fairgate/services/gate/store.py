"""Every SQL line of the gate, over a pool of plain connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import class_row, scalar_row
from psycopg_pool import ConnectionPool, PoolTimeout

from fairgate.lib.metrics import pools
from fairgate.lib.metrics.names import SCANS
from fairgate.lib.statements import TimedCursor
from fairgate.services.gate.scan import Claim
from fairgate.stock.seats import seat_name

CONNECTIONS = 8
TIMEOUT_S = 3.0
LATEST = 8

Row = TypeVar("Row")


class Unavailable(Exception):
    """The database does not answer now."""


@dataclass(frozen=True)
class Grant:
    id: UUID
    organizer: int
    organizer_name: str
    device: str


@dataclass(frozen=True)
class GateList:
    id: int
    name: str
    event: str
    event_name: str
    place: str
    zone: str
    starts_at: datetime | None


@dataclass(frozen=True)
class Answer:
    outcome: str
    reference: str | None
    ticket_type: str | None
    attendee: str | None
    first_at: datetime | None
    first_device: str | None
    block: str | None
    row: str | None
    number: str | None

    @property
    def seat(self) -> str | None:
        return seat_name(self.block or "", self.row or "", self.number) if self.number else None


@dataclass(frozen=True)
class LatestScan:
    at: datetime
    result: str
    device: str
    attendee: str | None
    ticket_type: str | None


GRANT = """
SELECT g.id, g.organizer_id AS organizer, o.name AS organizer_name, g.device
  FROM checkin_live_grant(%s) g JOIN organizers_organizer o ON o.id = g.organizer_id
"""
LISTS = """
SELECT l.id, l.name, e.slug AS event, e.title AS event_name, e.place, e.time_zone AS zone, min(s.starts_at) AS starts_at
  FROM checkin_checkinlist l
  JOIN events_event e ON e.id = l.event_id
  LEFT JOIN events_session s ON s.event_id = e.id AND (l.session_id IS NULL OR s.id = l.session_id)
 WHERE e.organizer_id = %s AND e.state <> 'draft'
 GROUP BY l.id, e.id
"""
# A door may stay open for a while after the end.
OPEN_LISTS = LISTS + "HAVING max(s.ends_at) > now() - interval '1 day' ORDER BY min(s.starts_at), e.title, l.id"
ONE_LIST = LISTS.replace(" GROUP BY", "AND l.id = %s GROUP BY")
KNOWN_LISTS = """
SELECT l.id FROM checkin_checkinlist l JOIN events_event e ON e.id = l.event_id
 WHERE e.organizer_id = %s AND l.id = ANY (%s)
"""
SCAN = """
SELECT answer.*, seat.block, seat.row, seat.number
  FROM checkin_scan(%s, %s, %s, %s, %s, %s, %s, %s) answer
  LEFT JOIN orders_ticket t ON t.reference = answer.reference
  LEFT JOIN stock_seat seat ON seat.id = t.seat_id
"""
# Counted from the index that admits each ticket once.
INSIDE = "SELECT count(*) FROM checkin_scan WHERE list_id = %s AND result = 'admitted'"
EXPECTED = """
SELECT count(*) FROM checkin_checkinlist l
  JOIN orders_order o ON o.event_id = l.event_id AND o.state = 'paid'
  JOIN orders_ticket t ON t.order_id = o.id
  LEFT JOIN orders_cancellation c ON c.ticket_id = t.id
 WHERE l.id = %s AND c.ticket_id IS NULL AND checkin_is_on_list(l, t)
"""
LATEST_SCANS = """
SELECT s.at, s.result, s.device, t.attendee_name AS attendee, tt.name AS ticket_type
  FROM checkin_scan s
  LEFT JOIN orders_ticket t ON t.id = s.ticket_id
  LEFT JOIN events_tickettype tt ON tt.id = t.ticket_type_id
 WHERE s.list_id = %s ORDER BY s.id DESC LIMIT %s
"""
SIGN_OFF = """
WITH ended AS (
    UPDATE checkin_gategrant SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL
    RETURNING id, organizer_id, user_id
)
INSERT INTO organizers_auditentry (organizer_id, action, subject_type, subject_id, by_id, at, data, request_id)
SELECT organizer_id, 'gate.revoked', 'gategrant', id::text, user_id, now(), '{}', %s FROM ended
"""


class Store:
    def __init__(self, database_url: str) -> None:
        self._pool = ConnectionPool(
            database_url,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=TIMEOUT_S,
            # Nobody at a door should see an error because PostgreSQL was started again an hour ago.
            check=ConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "connect_timeout": 3,
                "application_name": "fairgate gate",
                "cursor_factory": TimedCursor,
            },
            open=True,
        )
        pools.watch("gate", self._pool)

    def close(self) -> None:
        self._pool.close()

    def grant(self, grant: UUID) -> Grant | None:
        return next(iter(self._rows(Grant, GRANT, grant)), None)

    def open_lists(self, grant: Grant) -> list[GateList]:
        return self._rows(GateList, OPEN_LISTS, grant.organizer)

    def gate_list(self, grant: Grant, gate_list: int) -> GateList | None:
        return next(iter(self._rows(GateList, ONE_LIST, grant.organizer, gate_list)), None)

    def has_lists(self, grant: Grant, gate_lists: set[int]) -> bool:
        return {*self._values(KNOWN_LISTS, grant.organizer, [*gate_lists])} == gate_lists

    def scan(self, grant: UUID, gate_list: int, claim: Claim, device: str = "", at: datetime | None = None) -> Answer:
        claimed = (claim.kind, claim.ticket, claim.event, claim.reference)
        (answer,) = self._rows(Answer, SCAN, grant, gate_list, *claimed, device, at)
        SCANS.labels(answer.outcome).inc()
        return answer

    def inside(self, gate_list: int) -> int:
        (count,) = self._values(INSIDE, gate_list)
        return int(count)

    def expected(self, gate_list: int) -> int:
        (count,) = self._values(EXPECTED, gate_list)
        return int(count)

    def latest(self, gate_list: int) -> list[LatestScan]:
        return self._rows(LatestScan, LATEST_SCANS, gate_list, LATEST)

    def sign_off(self, grant: Grant, request_id: str) -> None:
        with self._connect() as conn:
            conn.execute(SIGN_OFF, (grant.id, request_id))

    def _rows(self, kind: type[Row], sql: LiteralString, *parameters: Any) -> list[Row]:
        with self._connect() as conn, conn.cursor(row_factory=class_row(kind)) as cursor:
            return cursor.execute(sql, parameters).fetchall()

    def _values(self, sql: LiteralString, *parameters: Any) -> list[Any]:
        with self._connect() as conn, conn.cursor(row_factory=scalar_row) as cursor:
            return cursor.execute(sql, parameters).fetchall()

    @contextmanager
    def _connect(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            with self._pool.connection() as conn:
                yield conn
        except (PoolTimeout, psycopg.OperationalError) as error:
            raise Unavailable from error
