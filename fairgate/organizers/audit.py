"""Leaves a trace of each change, in the change's own transaction."""

from __future__ import annotations

from typing import Any

from django.db import models

from fairgate.accounts.models import User
from fairgate.lib import logs
from fairgate.organizers.models import AuditEntry, Organizer


def record(action: str, subject: models.Model, *, organizer: Organizer | int, by: User | None, **data: Any) -> None:
    """Say that `by` did `action` to `subject`; nobody did what the system does by itself."""
    AuditEntry.objects.create(
        organizer_id=organizer if isinstance(organizer, int) else organizer.pk,
        action=action,
        subject_type=subject._meta.model_name or "",
        subject_id=str(subject.pk),
        by=by,
        data=data,
        request_id=logs.request_id.get(),
    )


def history(subject: models.Model) -> models.QuerySet[AuditEntry]:
    """Everything that happened to a row, oldest first."""
    return (
        AuditEntry.objects.filter(subject_type=subject._meta.model_name, subject_id=str(subject.pk))
        .select_related("by")
        .order_by("id")
    )
