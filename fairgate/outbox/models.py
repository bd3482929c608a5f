"""What must happen outside, written in the transaction that makes it necessary. The table is the queue of record."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class OutboxMessage(models.Model):
    topic = models.CharField(max_length=50)
    payload = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True, db_default="")
    # Of the span that wants it (W3C Trace Context), if that is sampled.
    traceparent = models.CharField(max_length=55, blank=True, db_default="")
    created_at = models.DateTimeField(db_default=Now())
    # Not before this moment. The relay moves it on when it hints at the row; a task that runs leases the row with it.
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        db_table = "outbox_message"
        indexes = [
            # Read by the relay, which asks for what is due.
            models.Index(
                fields=["due_at"],
                condition=models.Q(done_at__isnull=True, parked_at__isnull=True),
                name="outbox_message_due",
            ),
            # Read by the console: what failed for good.
            models.Index(
                fields=["parked_at"], condition=models.Q(parked_at__isnull=False), name="outbox_message_parked"
            ),
            # Read by the nightly task that deletes what is done.
            models.Index(fields=["done_at"], condition=models.Q(done_at__isnull=False), name="outbox_message_done"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.pk}"
