"""Operators look at lists, grants and scans."""

from __future__ import annotations

from django.contrib import admin

from fairgate.accounts.read_only import ReadOnlyAdmin
from fairgate.checkin.models import CheckinList, GateGrant, Scan


@admin.register(CheckinList)
class CheckinListAdmin(ReadOnlyAdmin):
    list_display = ("name", "event", "session")
    list_select_related = ("event", "session")
    ordering = ("-id",)


@admin.register(GateGrant)
class GateGrantAdmin(ReadOnlyAdmin):
    list_display = ("device", "user", "organizer", "issued_at", "expires_at", "revoked_at")
    list_select_related = ("user", "organizer")
    ordering = ("-issued_at",)


@admin.register(Scan)
class ScanAdmin(ReadOnlyAdmin):
    list_display = ("at", "result", "list", "ticket", "device")
    list_select_related = ("list", "ticket")
    list_filter = ("result",)
    ordering = ("-id",)
