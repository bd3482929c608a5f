"""What settles an order: nothing to pay, or a bank transfer that the organizer marks as received."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fairgate.accounts.models import User


class Method(models.TextChoices):
    FREE = "free", "Free"
    TRANSFER = "transfer", "Bank transfer"


class PaymentState(models.TextChoices):
    PENDING = "pending", "Awaited"
    RECEIVED = "received", "Received"
    VOID = "void", "Not needed any more"


class Payment(models.Model):
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="payments")
    method = models.CharField(max_length=10, choices=Method)
    state = models.CharField(max_length=10, choices=PaymentState)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(db_default=Now())
    received_at = models.DateTimeField(null=True)
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="payments_payment_amount"),
            models.CheckConstraint(
                condition=models.Q(state="received", received_at__isnull=False)
                | ~models.Q(state="received") & models.Q(received_at__isnull=True),
                name="payments_payment_received_has_a_time",
            ),
            # Money is awaited for an order at most once at a time.
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(state="pending"), name="payments_payment_one_awaited"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.state}"
