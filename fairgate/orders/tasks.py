from __future__ import annotations

from celery import shared_task

from fairgate.lib import logs
from fairgate.orders import pestering


@shared_task(name="orders.forget_mail_asked")
def forget_mail_asked() -> None:
    logs.add_fact(forgotten=pestering.forget())
