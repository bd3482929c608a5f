"""Operators look at orders; what changes them is in the console."""

from __future__ import annotations

from django.contrib import admin

from fairgate.accounts.read_only import ReadOnlyAdmin
from fairgate.orders.models import Cancellation, Order, Ticket


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ("code", "organizer", "event", "state", "gross", "currency", "placed_at")
    list_select_related = ("organizer", "event")
    list_filter = ("state",)
    search_fields = ("code__exact", "email__iexact")
    ordering = ("-id",)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    list_display = ("reference", "order", "ticket_type", "session")
    list_select_related = ("order", "ticket_type", "session")
    search_fields = ("reference__exact",)
    ordering = ("-id",)


@admin.register(Cancellation)
class CancellationAdmin(ReadOnlyAdmin):
    list_display = ("ticket", "by", "at", "reason")
    list_select_related = ("ticket", "by")
    ordering = ("-at",)
