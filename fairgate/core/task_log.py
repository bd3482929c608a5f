"""One JSON line for each task, with the request id of what made it necessary; as `lib.logs.RequestLog` for requests."""

from __future__ import annotations

import time
from typing import Any

from celery import Task
from celery.signals import task_postrun, task_prerun

from fairgate.lib import logs


@task_prerun.connect
def _begin(task: Task[..., Any], **_: Any) -> None:
    logs.request_id.set((task.request.headers or {}).get("request_id", ""))
    logs.facts.set({"task": task.name, "started": time.perf_counter()})


@task_postrun.connect
def _end(task: Task[..., Any], state: str, **_: Any) -> None:
    line = dict(logs.facts.get() or {"task": task.name})
    started = line.pop("started", None)
    if started is not None:
        line["ms"] = round((time.perf_counter() - started) * 1000, 1)
    logs.log.info("task", **line, state=state)
