"""The Celery app. Its messages are hints; what must happen is a row of the outbox (see fairgate.outbox)."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, worker_process_init
from django.db import connections

from fairgate.core import task_log as _task_log  # noqa: F401 (connects itself)
from fairgate.lib import env, logs
from fairgate.lib.process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairgate.core.settings")

app = Celery("fairgate", broker=env.settings().broker_url)
app.conf.update(
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=100,
    task_soft_time_limit=90,
    worker_max_tasks_per_child=5000,
    worker_send_task_events=False,
    worker_soft_shutdown_timeout=20,
    broker_connection_retry_on_startup=True,
    # However long the broker is away, the worker waits for it.
    broker_connection_max_retries=None,
    broker_transport="fairgate.core.broker:Transport",
    broker_transport_options={"visibility_timeout": 300, "socket_timeout": 5, "socket_connect_timeout": 5},
    task_routes={"outbox.run": {"queue": "effects"}},
    task_default_queue="housekeeping",
    timezone="UTC",
    # Celery would close the whole pool after every task, at several ms each; see _give_connections_back.
    CELERY_DB_REUSE_MAX=sys.maxsize,
    beat_schedule={
        "forget-idempotency-keys": {"task": "stock.forget_idempotency_keys", "schedule": 3600.0},
        "forget-minute-counts": {"task": "stock.forget_minute_counts", "schedule": 3600.0},
        "forget-mail-asked": {"task": "orders.forget_mail_asked", "schedule": 3600.0},
        "delete-done-messages": {"task": "outbox.delete_done", "schedule": 3600.0},
        "delete-unused-files": {"task": "files.delete_unused", "schedule": 3600.0},
        "clear-sessions": {"task": "core.clear_sessions", "schedule": 24 * 3600.0},
    },
)
app.autodiscover_tasks()


@setup_logging.connect
def _use_our_logs(**_: Any) -> None:
    """Keeps Celery from setting up logging of its own."""
    logs.configure("worker", env.settings().log_level, env.settings().slow_ms)
    # Our one line a task says the same and more.
    for name in ("celery.app.trace", "celery.worker.strategy"):
        logging.getLogger(name).setLevel(logging.WARNING)


@worker_process_init.connect
def _end_with_the_worker(**_: Any) -> None:
    die_with_parent()


@task_postrun.connect
def _give_connections_back(**_: Any) -> None:
    """To the child's pool, which replaces the broken ones."""
    connections.close_all()
