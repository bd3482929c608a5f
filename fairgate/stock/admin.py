"""Operators look at the stock, which its SQL functions alone write."""

from __future__ import annotations

from django.contrib import admin

from fairgate.accounts.read_only import ReadOnlyAdmin
from fairgate.stock.models import Hold, Quota


@admin.register(Quota)
class QuotaAdmin(ReadOnlyAdmin):
    list_display = ("name", "event", "session", "capacity", "taken", "seq")
    list_select_related = ("event", "session")
    ordering = ("-id",)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("id", "event_id", "state", "created_at", "expires_at")
    list_filter = ("state",)
    ordering = ("-id",)
