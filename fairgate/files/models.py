"""Which files are kept: a row is written before its files, and deleted after them, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from fairgate.files.encoding import KEY_LENGTH


class StoredPicture(models.Model):
    """One picture, whoever shows it. Its key is its content, so what its addresses answer never changes."""

    key = models.CharField(max_length=KEY_LENGTH, primary_key=True)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    widths = ArrayField[Sequence[int], list[int]](models.PositiveSmallIntegerField())
    created_at = models.DateTimeField(db_default=Now())
    # Since when no row names it; none while one does. Kept by `actions.delete_unused`.
    unused_since = models.DateTimeField(null=True, blank=True, db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(width__gt=0, height__gt=0), name="files_storedpicture_size"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def names(self) -> list[str]:
        """In the storage."""
        return [file_name(self.key, width) for width in self.widths]


def file_name(key: str, width: int) -> str:
    return f"pictures/{key}/{width}.webp"
