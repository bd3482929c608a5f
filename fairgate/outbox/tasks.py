from __future__ import annotations

from celery import shared_task
from django.utils.module_loading import autodiscover_modules

from fairgate.lib import logs, traces
from fairgate.lib.metrics.names import EFFECTS
from fairgate.outbox import actions, handlers
from fairgate.outbox import generations as _generations  # noqa: F401 (registers its topic)

# The handlers are loaded with the tasks: once in the worker, before it forks its children.
autodiscover_modules("handlers")


@shared_task(name="outbox.run", time_limit=35, soft_time_limit=30)
def run(message_id: int, attempt: int) -> None:
    message = actions.lease(message_id, attempt)
    if message is None:
        EFFECTS.labels("unknown", "not-mine").inc()
        logs.add_fact(message=message_id, result="not mine")
        return
    logs.request_id.set(message.request_id)
    traces.link(message.traceparent)
    logs.add_fact(message=message.pk, topic=message.topic, attempt=message.attempts)
    try:
        handlers.handle(message)
    except Exception as error:  # whatever went wrong, the row keeps it and is tried again
        EFFECTS.labels(message.topic, "failed").inc()
        actions.fail(message, error)
        logs.add_fact(result="failed", error=actions.describe(error))
    else:
        EFFECTS.labels(message.topic, "done").inc()
        actions.finish(message)
        logs.add_fact(result="done")


@shared_task(name="outbox.delete_done")
def delete_done() -> None:
    logs.add_fact(deleted=actions.delete_done())
