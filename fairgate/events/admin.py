"""Operators look at events; organizers change them in the console, where the rules are."""

from __future__ import annotations

from django.contrib import admin

from fairgate.accounts.read_only import ReadOnlyAdmin
from fairgate.events.models import Event, Session, TicketType


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("title", "organizer", "slug", "state", "created_at")
    list_select_related = ("organizer",)
    list_filter = ("state",)
    search_fields = ("title", "slug")
    ordering = ("-id",)


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    list_display = ("event", "name", "starts_at", "ends_at")
    list_select_related = ("event",)
    ordering = ("-id",)


@admin.register(TicketType)
class TicketTypeAdmin(ReadOnlyAdmin):
    list_display = ("name", "event", "price", "is_active")
    list_select_related = ("event",)
    ordering = ("-id",)
