from __future__ import annotations

from celery import shared_task
from django.db import connection

from fairgate.lib import clock, logs
from fairgate.stock.models import MinuteCount
from fairgate.stock.pulse import as_minute

BATCH = 5_000
# A sale of yesterday can still be looked at.
KEEP_COUNTS_MINUTES = 48 * 60
# A key is remembered for a day (see the buyer API). Short transactions, and rows in use are left to the next hour.
FORGET = """
UPDATE stock_hold SET idempotency_key = NULL
 WHERE id = ANY (ARRAY (SELECT id FROM stock_hold
                         WHERE idempotency_key IS NOT NULL AND state <> '' AND created_at < now() - interval '24 hours'
                         ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED))
"""


@shared_task(name="stock.forget_idempotency_keys")
def forget_idempotency_keys() -> None:
    forgotten = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(FORGET, [BATCH])
            forgotten += cursor.rowcount
            if cursor.rowcount < BATCH:
                break
    logs.add_fact(forgotten=forgotten)


@shared_task(name="stock.forget_minute_counts")
def forget_minute_counts() -> None:
    old = MinuteCount.objects.filter(minute__lt=as_minute(clock.now()) - KEEP_COUNTS_MINUTES)
    forgotten, _ = old.delete()
    logs.add_fact(forgotten=forgotten)
