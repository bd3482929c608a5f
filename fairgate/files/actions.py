"""Puts pictures into the storage, and takes away what nobody shows any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q
from django.db.models.functions import Now

from fairgate.files.encoding import Encoded
from fairgate.files.models import StoredPicture, file_name
from fairgate.lib import clock

# Pages that show it are kept for a minute at most and stay open for some hours; but the database may be put back by up
# to a week (docs/runbooks/backup.md), and then shows again what it showed then.
KEPT_UNUSED = timedelta(days=8)
AT_A_TIME = 200


def store(encoded: Encoded) -> StoredPicture:
    """Not in a transaction: the row is for the sweep to know the files by, should this process die. StorageAway."""
    picture, _is_new = StoredPicture.objects.update_or_create(
        key=encoded.key,
        defaults={"unused_since": Now()},
        create_defaults={"width": encoded.width, "height": encoded.height, "widths": encoded.widths},
    )
    for width, content in encoded.files.items():
        default_storage.save(file_name(encoded.key, width), ContentFile(content))
    return picture


def delete_unused() -> int:
    """Of what nobody has named for long, the files and then the row. After StorageAway, the rest comes next time."""
    now = clock.now()
    _note_what_is_used(now)
    due = StoredPicture.objects.filter(unused_since__lt=now - KEPT_UNUSED).order_by("unused_since")
    return sum(_delete(key, now) for key in due.values_list("key", flat=True)[:AT_A_TIME])


def _note_what_is_used(now: datetime) -> None:
    pictures = StoredPicture.objects.annotate(is_used=_is_used())
    pictures.filter(is_used=True, unused_since__isnull=False).update(unused_since=None)
    pictures.filter(is_used=False, unused_since__isnull=True).update(unused_since=now)


def _is_used() -> Q:
    """Whatever names a picture counts, also what a later version adds."""
    used = Q(pk__in=[])
    for relation in StoredPicture._meta.related_objects:
        users = cast(type[Model], relation.related_model)._default_manager
        used |= Q(Exists(users.filter(**{relation.field.name: OuterRef("pk")})))
    return used


@transaction.atomic
def _delete(key: str, now: datetime) -> bool:
    """Locked: who is about to use it again waits, then finds it gone, and stores it anew."""
    picture = StoredPicture.objects.select_for_update().annotate(is_used=_is_used()).filter(pk=key).first()
    if picture is None or picture.is_used or not picture.unused_since or picture.unused_since >= now - KEPT_UNUSED:
        return False
    for name in picture.names:
        default_storage.delete(name)
    picture.delete()
    return True
