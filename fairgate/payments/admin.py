"""Operators look at payments; organizers mark them as received in the console."""

from __future__ import annotations

from django.contrib import admin

from fairgate.accounts.read_only import ReadOnlyAdmin
from fairgate.payments.models import Payment


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("order", "method", "state", "amount", "currency", "created_at", "received_at")
    list_select_related = ("order",)
    list_filter = ("method", "state")
    ordering = ("-id",)
