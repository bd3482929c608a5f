from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.core.management import BaseCommand, CommandError

from fairgate.files.errors import StorageAway


class Command(BaseCommand):
    help = "Writes, reads and deletes a file where FAIRGATE_STORAGE_URL says; exit code 2 if that is refused."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            default_storage.check()  # type: ignore[attr-defined]  # Ours.
        except StorageAway as error:
            sentence = f"Files cannot be kept: {error}; correct FAIRGATE_STORAGE_URL or the storage."
            raise CommandError(sentence, returncode=2) from None
        self.stdout.write("Files can be written, read and deleted.")
