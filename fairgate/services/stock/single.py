"""The seller without lanes, for the web process while no stock process is up: the same functions, one request a call.

At most four calls a quota run at a time over all processes: on a contested row more connections are slower, not
faster.
"""

from __future__ import annotations

import random
from typing import Any

import psycopg

from fairgate.lib.retries import Retries
from fairgate.services.stock import figures
from fairgate.services.stock.lane import TRIES, Connect
from fairgate.services.stock.waiting import Busy
from fairgate.stock import engine
from fairgate.stock.engine import Answer, HoldRequest, Outcome

SLOTS = 4
# Keeps these advisory locks apart from any other use of them: the key is this number, quota and slot together.
LOCK_SPACE = 0x46_47
# So that a request that cannot be served soon gives its connection to one that can.
SLOT_TIMEOUT_MS = 2000
# In the order of the quotas, as all locks on them are taken, so that two requests never wait for each other.
TAKE_SLOTS = f"""
SELECT pg_advisory_xact_lock({LOCK_SPACE}::bigint << 48 | quota_id << 2 | %s)
  FROM (SELECT DISTINCT quota_id FROM stock_draw WHERE ticket_type_id = ANY (%s) ORDER BY quota_id) quota
"""


class Single:
    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._retries = Retries()

    def hold(self, request: HoldRequest) -> Answer:
        """Raises Busy when the database does not answer, or when too many wait for the same places."""
        try:
            answer = self._hold(request)
        except Busy:
            figures.count([None])
            raise
        figures.count([answer])
        return answer

    def _hold(self, request: HoldRequest) -> Answer:
        for _try in self._retries.tries(TRIES):
            try:
                answer = self._transact(request)
            except psycopg.errors.LockNotAvailable as error:
                raise Busy from error
            except psycopg.OperationalError:
                continue
            if answer.outcome != Outcome.AGAIN:
                return answer
        raise Busy

    def _transact(self, request: HoldRequest) -> Answer:
        with self._connect() as conn, conn.transaction():
            _take_slots(conn, [item.ticket_type for item in request.items])
            (answer,) = engine.hold_places(conn, request.event, [request])
        return answer


def _take_slots(conn: psycopg.Connection[Any], ticket_types: list[int]) -> None:
    conn.execute(f"SET LOCAL lock_timeout = {SLOT_TIMEOUT_MS}")
    conn.execute(TAKE_SLOTS, (random.randrange(SLOTS), ticket_types))
    conn.execute("SET LOCAL lock_timeout = 0")
