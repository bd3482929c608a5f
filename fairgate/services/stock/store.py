"""The database of the stock service: a pool of plain connections, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from fairgate.lib.database import answered_by_standby
from fairgate.lib.metrics import pools
from fairgate.lib.retries import Retries
from fairgate.lib.statements import TimedCursor
from fairgate.services.stock.waiting import Busy
from fairgate.stock import engine

POOL_TIMEOUT_S = 3.0
ASK_TRIES = 3

Answer = TypeVar("Answer")


class Store:
    def __init__(self, database_url: str, max_size: int, may_sell: Callable[[], bool] = lambda: True) -> None:
        """While not `may_sell()`, everything that needs the database is Busy."""
        self._may_sell = may_sell
        self._retries = Retries()
        self._pool = ConnectionPool(
            database_url,
            min_size=1,
            max_size=max_size,
            timeout=POOL_TIMEOUT_S,
            # A database that was away is asked again by the next request, not after a growing pause.
            reconnect_timeout=POOL_TIMEOUT_S,
            kwargs={
                "autocommit": True,
                "connect_timeout": 3,
                "application_name": "fairgate-stock",
                "cursor_factory": TimedCursor,
            },
            open=True,
        )
        pools.watch("stock", self._pool)
        self._events: dict[tuple[str, str], int] = {}

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection[Any]]:
        """What is committed inside is on the synchronous standby too, if there is one, or else this raises."""
        if not self._may_sell():
            raise Busy
        try:
            with self._pool.connection() as conn, self._replaced_if_lost(conn), answered_by_standby(conn):
                yield conn
        except PoolTimeout as error:
            raise Busy from error

    @contextmanager
    def _replaced_if_lost(self, conn: psycopg.Connection[Any]) -> Iterator[None]:
        """One lost connection means that the others are lost too: a failover. They need not fail one after another."""
        try:
            yield
        except psycopg.OperationalError:
            if conn.closed:
                self._pool.drain()
            raise

    def close(self) -> None:
        self._pool.close()

    def ask(self, question: Callable[[psycopg.Connection[Any]], Answer]) -> Answer:
        """The answer to a question that may be asked again, as a connection can die in the pool. Raises Busy."""

        def once() -> Answer:
            with self.connect() as conn:
                return question(conn)

        return self.again(once)

    def again(self, read: Callable[[], Answer]) -> Answer:
        """The same for what opens its connections itself, if it needs any."""
        for _try in self._retries.tries(ASK_TRIES):
            with suppress(psycopg.OperationalError):
                return read()
        raise Busy

    def event_id(self, organizer: str, event: str) -> int | None:
        """The id behind an address. It never changes once an event is public, so it is asked for once."""
        known = self.known_event(organizer, event)
        if known is None:
            known = self.ask(lambda conn: engine.find_event(conn, organizer, event))
            if known is not None:
                self._events[organizer, event] = known
        return known

    def known_event(self, organizer: str, event: str) -> int | None:
        """The same without asking: None also says that nobody has asked yet."""
        return self._events.get((organizer, event))
