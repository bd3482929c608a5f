from __future__ import annotations

from celery import shared_task

from fairgate.files import actions
from fairgate.lib import logs


@shared_task(name="files.delete_unused")
def delete_unused() -> None:
    logs.add_fact(deleted=actions.delete_unused())
