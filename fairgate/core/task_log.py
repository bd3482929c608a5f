"""One JSON line for each task, with the request id of what made it necessary; as `lib.logs.RequestLog` for requests.

Nobody waits for a task, and a mail may take its second. So only one whose statements took long is told as slow.
"""

from __future__ import annotations

import time
from typing import Any

from celery import Task
from celery.signals import task_postrun, task_prerun

from fairgate.lib import logs, statements
from fairgate.lib.statements import Statements


@task_prerun.connect
def _begin(task: Task[..., Any], **_: Any) -> None:
    logs.request_id.set((task.request.headers or {}).get("request_id", ""))
    logs.facts.set({"task": task.name, "started": time.perf_counter()})
    statements.current.set(Statements())


@task_postrun.connect
def _end(task: Task[..., Any], state: str, **_: Any) -> None:
    line = dict(logs.facts.get() or {"task": task.name})
    started = line.pop("started", None)
    if started is not None:
        line["ms"] = round((time.perf_counter() - started) * 1000, 1)
    if own := statements.current.get():
        line["queries"] = own.count
    logs.log.info("task", **line, state=state)
    if own and logs.is_slow(own.seconds):
        logs.log.warning("slow_task", **line, **logs.what_took_long(own))
    statements.current.set(None)
