"""One JSON line for each task, with the request id of what made it necessary; as `lib.logs.RequestLog` for requests.

Nobody waits for a task, and a mail may take its second. So only one whose statements took long is told as slow.
"""

from __future__ import annotations

import time
from typing import Any

from celery import Task
from celery.signals import task_postrun, task_prerun

from fairgate.lib import logs, statements, traces
from fairgate.lib.statements import Statements
from fairgate.lib.traces import Span


@task_prerun.connect
def _begin(task: Task[..., Any], **_: Any) -> None:
    headers = task.request.headers or {}
    logs.request_id.set(headers.get("request_id", ""))
    logs.facts.set({"task": task.name, "started": time.perf_counter()})
    # A hint says whether the one who wants it is traced; what beat sends says nothing.
    hinted = headers.get("traceparent")
    span = traces.begin() if hinted is None else traces.resume(hinted)
    statements.current.set(Statements(span or traces.in_case()))


@task_postrun.connect
def _end(task: Task[..., Any], state: str, **_: Any) -> None:
    line = dict(logs.facts.get() or {"task": task.name})
    started = line.pop("started", None)
    if started is not None:
        line["ms"] = round((time.perf_counter() - started) * 1000, 1)
    if own := statements.current.get():
        line["queries"] = own.count
        if own.span is not None and _tell(own.span, line, state, is_slow=logs.is_slow(own.seconds)):
            line["trace_id"] = own.span.trace_id
    logs.log.info("task", **line, state=state)
    if own and logs.is_slow(own.seconds):
        logs.log.warning("slow_task", **line, **logs.what_took_long(own))
    statements.current.set(None)


def _tell(span: Span, line: dict[str, Any], state: str, *, is_slow: bool) -> bool:
    """Its error is a kind and a place (outbox.actions.describe), never a text."""
    known = {"topic", "message", "attempt", "result"}
    attributes = {f"fairgate.{name}": value for name, value in line.items() if name in known}
    attributes["fairgate.request_id"] = logs.request_id.get()
    error = str(line.get("error", "")) or ("" if state == "SUCCESS" else state)
    name = f"{line['task']} {line.get('topic', '')}".strip()
    return span.end(name, traces.CONSUMER, attributes, error=error, is_slow=is_slow)
