from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from fairgate.outbox import actions
from fairgate.outbox.models import OutboxMessage


@admin.register(OutboxMessage)
class OutboxMessageAdmin(admin.ModelAdmin[OutboxMessage]):
    """What waits and what failed for good; an operator starts it over once its cause is gone."""

    list_display = ("id", "topic", "created_at", "due_at", "attempts", "done_at", "parked_at", "last_error")
    list_filter = ("topic", ("parked_at", admin.EmptyFieldListFilter), ("done_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("try_again",)

    @admin.action(description="Try parked messages again")
    def try_again(self, request: HttpRequest, messages: QuerySet[OutboxMessage]) -> None:
        count = actions.retry_parked(messages)
        self.message_user(request, f"{count} messages will be tried again.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: OutboxMessage | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OutboxMessage | None = None) -> bool:
        return False
