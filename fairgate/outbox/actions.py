"""From a row to its effect, at least once, whoever is killed when.

The relay hints at a row that is due; a task leases it, runs its handler without a lock and marks it done. A hint
names the attempt it asks for, so of two hints for one attempt the second finds nothing. A task that ends in the
middle lets its lease run out, and the row is due again.
"""

from __future__ import annotations

import json
import traceback
from datetime import timedelta
from typing import Any

from django.db import connection, models
from django.db.models.functions import Now

from fairgate.lib import logs, traces
from fairgate.outbox.models import OutboxMessage

MAX_ATTEMPTS = 8
# Longer than a task may run (outbox.tasks), so that a row is never run twice at once.
LEASE = timedelta(seconds=40)
# 5 s after the first failure, then four times as long each time: the last try comes about eight hours after the first.
FIRST_RETRY_S = 5
RETRY_FACTOR = 4
# Every mail passes through these two, so they are spared the work of building a query.
TAKE = """
UPDATE outbox_message SET attempts = attempts + 1, due_at = statement_timestamp() + make_interval(secs => %s)
 WHERE id = %s AND attempts = %s AND done_at IS NULL AND parked_at IS NULL
RETURNING id, topic, payload, request_id, traceparent, attempts
"""
TAKEN = ("id", "topic", "payload", "request_id", "traceparent", "attempts")
FINISH = """
UPDATE outbox_message SET done_at = statement_timestamp(), last_error = ''
 WHERE id = %s AND attempts = %s AND done_at IS NULL AND parked_at IS NULL
"""
KEEP_DONE = timedelta(days=30)
DELETE_BATCH = 5_000


def send(topic: str, **payload: Any) -> OutboxMessage:
    """Let `topic` happen once the surrounding transaction commits."""
    return OutboxMessage.objects.create(
        topic=topic, payload=payload, request_id=logs.request_id.get(), traceparent=traces.traceparent()
    )


def lease(message_id: int, attempt: int) -> OutboxMessage | None:
    """Take a row for one attempt. Nothing when it is done, parked, running or has been tried meanwhile."""
    if attempt >= MAX_ATTEMPTS:
        # The last try neither finished nor failed: its worker was killed, perhaps by this very row.
        gone = _open().filter(pk=message_id, attempts=attempt)
        gone.update(parked_at=Now(), last_error="The worker ended in the middle of the last try.")
        return None
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [LEASE.total_seconds(), message_id, attempt])
        row = cursor.fetchone()
    if row is None:
        return None
    message = OutboxMessage.from_db(connection.alias, TAKEN, row)
    message.payload = json.loads(row[2])
    return message


def finish(message: OutboxMessage) -> None:
    """Unless its lease ran out and another attempt has it."""
    with connection.cursor() as cursor:
        cursor.execute(FINISH, [message.pk, message.attempts])


def fail(message: OutboxMessage, error: Exception) -> None:
    """Try again later; after the last try, park the row where the console shows it."""
    own = _open().filter(pk=message.pk, attempts=message.attempts)
    if message.attempts >= MAX_ATTEMPTS:
        own.update(parked_at=Now(), last_error=describe(error))
    else:
        wait = timedelta(seconds=FIRST_RETRY_S * RETRY_FACTOR ** (message.attempts - 1))
        own.update(due_at=Now() + wait, last_error=describe(error))


def describe(error: Exception) -> str:
    """The kind of an error and where it arose. Its text stays out: mail servers put addresses into theirs."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((frame for frame in reversed(frames) if "/fairgate/" in frame.filename), None)
    place = f" at {frame.filename.rpartition('/fairgate/')[2]}:{frame.lineno}" if frame else ""
    return f"{type(error).__module__}.{type(error).__qualname__}{place}"[:500]


def retry_parked(messages: models.QuerySet[OutboxMessage]) -> int:
    """Start over with rows that were parked, once what was in their way is gone."""
    return messages.filter(parked_at__isnull=False).update(parked_at=None, attempts=0, due_at=Now())


def delete_done() -> int:
    """Forget what was done long ago, in short transactions."""
    deleted = 0
    while True:
        old = OutboxMessage.objects.filter(done_at__lt=Now() - KEEP_DONE).values("pk")[:DELETE_BATCH]
        count, _ = OutboxMessage.objects.filter(pk__in=old).delete()
        deleted += count
        if count < DELETE_BATCH:
            return deleted


def _open() -> models.QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(done_at__isnull=True, parked_at__isnull=True)
