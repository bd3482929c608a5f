"""The seller without lanes, for the web process while no stock process is up: the same functions, one request a call.

At most four calls an event run at a time over all processes: on a contested row more connections are slower, not
faster.
"""

from __future__ import annotations

import random

import psycopg

from fairgate.services.stock.lane import TRIES, Busy, Connect
from fairgate.stock import engine
from fairgate.stock.engine import Answer, HoldRequest, Outcome

SLOTS = 4
# Keeps these advisory locks apart from any other use of them: the key is this number, event and slot together.
LOCK_SPACE = 0x46_47


class Single:
    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    def hold(self, request: HoldRequest) -> Answer:
        """Raises Busy when the database does not answer."""
        for _try in range(TRIES):
            try:
                answer = self._transact(request)
            except psycopg.OperationalError:
                continue
            if answer.outcome != Outcome.AGAIN:
                return answer
        raise Busy

    def _transact(self, request: HoldRequest) -> Answer:
        slot = LOCK_SPACE << 48 | request.event << 2 | random.randrange(SLOTS)
        with self._connect() as conn, conn.transaction():
            conn.execute("SELECT pg_advisory_xact_lock(%s)", (slot,))
            (answer,) = engine.hold_places(conn, request.event, [request])
        return answer
