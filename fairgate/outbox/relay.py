"""Hands due rows of the outbox to the workers and frees expired holds. Small, without Django.

Hints are only hints: a row stays due until a task has it, so whatever becomes of a hint costs delay, never an effect.
Without the broker nothing is claimed, and the rows go out as soon as it is back. Without PostgreSQL the relay waits
for it. It polls, because NOTIFY would make all committing transactions queue at one lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from kombu.connection import Connection as Broker
from kombu.exceptions import KombuError
from kombu.messaging import Producer

from fairgate.lib import clock, logs, metrics, traces
from fairgate.lib.env import Settings
from fairgate.lib.metrics.names import HOLDS_EXPIRED, OUTBOX_HINTS
from fairgate.lib.statements import TimedCursor
from fairgate.outbox import figures
from fairgate.outbox.figures import Figures

QUEUE = "effects"
TASK = "outbox.run"
HINT_EVERY_S = 0.2
BATCH = 100
# A hint that no worker took in this time is dropped by the one that sees it at last; the row is due again by then.
HINT_LIFETIME_S = 20
# No more hints wait at the broker than the workers can chew; the rows themselves wait in the table.
MAX_WAITING_HINTS = 1_000
SWEEP_EVERY_S = 0.25
SWEEP_BATCH = 500
TIMEOUT_S = 3
BACK_OFF_S = (0.5, 1, 2, 5)

# The time of the statement stands still, so that an index can look for it.
IS_DUE = "due_at <= statement_timestamp() AND done_at IS NULL AND parked_at IS NULL"
IS_ANY_DUE = f"SELECT EXISTS (SELECT FROM outbox_message WHERE {IS_DUE})"
CLAIM = f"""
UPDATE outbox_message SET due_at = statement_timestamp() + make_interval(secs => %s)
 WHERE id = ANY (ARRAY (SELECT id FROM outbox_message WHERE {IS_DUE} ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED))
RETURNING id, attempts, request_id, traceparent
"""
SWEEP = "SELECT stock_expire_holds(%s)"

Database = psycopg.Connection[tuple[Any, ...]]
Row = tuple[int, int, str, str]


def run(settings: Settings, stop: threading.Event) -> None:
    """Work until told to stop. Each duty has a thread and a connection of its own, so neither waits for the other."""
    sweeper = threading.Thread(
        target=_keep_doing, args=(sweep, SWEEP_EVERY_S, settings.database_url, stop), name="sweeper"
    )
    sweeper.start()
    hints, asked = Hints(settings.broker_url), Hints(settings.broker_url)
    looks = Figures(asked.waiting)
    metrics.expose(*looks.told)
    looker = threading.Thread(
        target=_keep_doing, args=(looks.look, figures.EVERY_S, settings.database_url, stop), name="figures"
    )
    looker.start()
    try:
        _keep_doing(hints.give, HINT_EVERY_S, settings.database_url, stop)
    finally:
        sweeper.join()
        looker.join()
        hints.close()
        asked.close()


def sweep(database: Database) -> None:
    """Give the places of expired holds back."""
    while True:
        ended = _value(database, SWEEP, SWEEP_BATCH)
        HOLDS_EXPIRED.inc(ended)
        if ended < SWEEP_BATCH:
            return


class BrokerDown(Exception):
    """Nothing can be hinted at now."""


class Hints:
    """The way to the workers: opened when there is something to say, closed by the first error."""

    def __init__(self, broker_url: str) -> None:
        self._broker_url = broker_url
        self._broker: Any = _broker(broker_url)
        self._channel: Any = None

    def give(self, database: Database) -> None:
        """Hint at every row that is due. The claim is kept only if the hints went out."""
        while _value(database, IS_ANY_DUE):
            room = MAX_WAITING_HINTS - self.waiting(QUEUE)
            if room <= 0:
                return
            with database.transaction():
                rows = database.execute(CLAIM, [HINT_LIFETIME_S, min(room, BATCH)]).fetchall()
                self._publish(rows)
            OUTBOX_HINTS.inc(len(rows))

    def close(self) -> None:
        with suppress(*self._errors()):
            self._broker.release()
        # What was released cannot be opened again.
        self._broker, self._channel = _broker(self._broker_url), None

    def waiting(self, queue: str) -> int:
        with self._open() as channel:
            count: int = channel.queue_declare(queue, durable=True, auto_delete=False).message_count
        return count

    def _publish(self, rows: Sequence[Row]) -> None:
        with self._open() as channel:
            producer = Producer(channel, serializer="json")
            for row in rows:
                _hint(producer, *row)
        logs.tell_each("hint", ({"request_id": row[2], "message": row[0], "attempt": row[1]} for row in rows))

    @contextmanager
    def _open(self) -> Iterator[Any]:
        try:
            if self._channel is None:
                self._channel = self._broker.channel()
            yield self._channel
        except self._errors() as error:
            self.close()
            raise BrokerDown(type(error).__name__) from error

    def _errors(self) -> tuple[type[Exception], ...]:
        return (OSError, KombuError, *self._broker.connection_errors, *self._broker.channel_errors)


def _broker(url: str) -> Broker:
    timeouts = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S}
    return Broker(url, connect_timeout=TIMEOUT_S, transport_options=timeouts)


def _hint(producer: Any, message_id: int, attempt: int, request_id: str, traceparent: str) -> None:
    """The task is part of the hint's trace, which has only a link to whoever wants it: that may be long ago."""
    span = traces.linked(traceparent)
    _send(producer, message_id, attempt, request_id, span.traceparent if span else "")
    if span is not None:
        span.end(f"hint {QUEUE}", traces.PRODUCER, {"fairgate.request_id": request_id, "fairgate.message": message_id})


def _send(producer: Any, message_id: int, attempt: int, request_id: str, traceparent: str) -> None:
    """A task in Celery's message protocol, version 2, straight to its queue, which outlives a flush of the broker."""
    task_id = str(uuid4())
    producer.publish(
        ([message_id, attempt], {}, {}),
        exchange="",
        routing_key=QUEUE,
        delivery_mode="persistent",
        correlation_id=task_id,
        headers={
            "lang": "py",
            "task": TASK,
            "id": task_id,
            "root_id": task_id,
            "expires": (clock.now() + timedelta(seconds=HINT_LIFETIME_S)).isoformat(),
            "request_id": request_id,
            "traceparent": traceparent,
        },
    )


def _keep_doing(work: Callable[[Database], None], every_s: float, database_url: str, stop: threading.Event) -> None:
    """Work again and again; while the database or the broker is away, wait longer each time and say so once."""
    database: Database | None = None
    failures = 0
    try:
        while not stop.wait(BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1] if failures else every_s):
            try:
                database = database or _connect(database_url)
                with logs.watch("slow_duty", duty=work.__name__):
                    work(database)
            except (psycopg.Error, BrokerDown) as error:
                failures += 1
                if failures == 1:
                    logs.log.warning("relay waits", duty=work.__name__, reason=_reason(error))
                if isinstance(error, psycopg.Error):
                    _disconnect(database)
                    database = None
            else:
                if failures:
                    logs.log.info("relay works again", duty=work.__name__, failures=failures)
                failures = 0
    finally:
        # An unforeseen error ends both duties, so that the process ends and is started anew.
        stop.set()
        _disconnect(database)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, BrokerDown) else logs.described(error)


def _connect(url: str) -> Database:
    """No statement and no dead peer may hold the relay up for long."""
    return psycopg.connect(
        url,
        autocommit=True,
        application_name="fairgate relay",
        cursor_factory=TimedCursor,
        connect_timeout=TIMEOUT_S,
        tcp_user_timeout=TIMEOUT_S * 1000,
        options=f"-c statement_timeout={10 * TIMEOUT_S}s -c lock_timeout={TIMEOUT_S}s",
    )


def _disconnect(database: Database | None) -> None:
    if database is not None:
        with suppress(psycopg.Error):
            database.close()


def _value(database: Database, sql: LiteralString, *parameters: Any) -> Any:
    row = database.execute(sql, parameters).fetchone()
    return row[0] if row else None
