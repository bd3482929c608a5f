"""How many tasks ran, how they ended and how long they took. Each child of a worker counts its own."""

from __future__ import annotations

import time
from typing import Any

from celery import Task
from celery.signals import task_postrun, task_prerun
from prometheus_client.registry import Collector

from fairgate.core.figures import djangos
from fairgate.lib.metrics import names, pools
from fairgate.lib.metrics.names import TASK_DURATION, TASKS, TASKS_STARTED

# A child does one task at a time.
_began: list[float] = [0.0]


def of_worker() -> tuple[Collector, ...]:
    """Of each child: the parent has no tasks."""
    return names.TASKS_STARTED, names.TASKS, names.TASK_DURATION, names.EFFECTS, names.MAILS, pools.figures(djangos)


@task_prerun.connect
def _begin(task: Task[..., Any], **_: Any) -> None:
    TASKS_STARTED.labels(task.name).inc()
    _began[0] = time.perf_counter()


@task_postrun.connect
def _end(task: Task[..., Any], state: str | None, **_: Any) -> None:
    TASKS.labels(task.name, (state or "unknown").lower()).inc()
    TASK_DURATION.labels(task.name).observe(time.perf_counter() - _began[0])
