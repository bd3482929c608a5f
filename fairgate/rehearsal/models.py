"""Which organizers exist for a rehearsal alone. What belongs to one is shown in no list, and removed with it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from fairgate.organizers.models import Organizer


class Rehearsal(models.Model):
    organizer = models.OneToOneField(Organizer, on_delete=models.CASCADE, primary_key=True, related_name="rehearsal")
    # Of what event: ORGANIZER/EVENT.
    of = models.CharField(max_length=101)
    began_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.of
