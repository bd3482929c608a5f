"""A row knows which span wants it, however much later its effect comes."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection, transaction

from fairgate.lib import env, statements, traces
from fairgate.lib.statements import Statements
from fairgate.lib.traces import span as spans
from fairgate.lib.traces.span import Span, Told
from fairgate.outbox import actions, handlers, relay, tasks
from fairgate.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


class Kept(list[tuple[Span, Told]]):
    """Whoever takes spans: here a list."""

    def take(self, span: Span, told: Told, is_slow: bool) -> bool:
        self.append((span, told))
        return span.is_sampled

    def stop(self) -> None: ...


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept = Kept()
    traces.use(kept, 1.0)
    yield kept
    traces.stop()
    statements.current.set(None)


def test_a_row_names_the_span_that_wants_it(kept: Kept) -> None:
    asked = _run(traces.begin())

    assert _send().traceparent == asked.traceparent != ""


def test_a_row_of_a_request_that_is_not_sampled_names_none(kept: Kept) -> None:
    _run(traces.in_case())

    assert _send().traceparent == ""


def test_a_hint_begins_a_trace_with_a_link_to_who_wants_it(kept: Kept, settings_here: env.Settings) -> None:
    asked = _run(traces.begin())
    _send()

    hints = relay.Hints(settings_here.broker_url)
    with psycopg.connect(settings_here.database_url, autocommit=True) as database:
        hints.give(database)
    hints.close()

    ((hint, told),) = kept
    assert (told.name, hint.links, hint.parent_id) == ("hint effects", [asked.place], 0)
    assert hint.trace_id != asked.trace_id


def test_a_task_is_linked_to_who_wants_it_and_what_it_wants_itself_to_the_task(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(handlers._handlers, "remember", lambda _message: actions.send("more"))
    asked, hint = _run(traces.begin()), traces.begin()
    assert hint
    message = _send()

    task = _run(traces.resume(hint.traceparent))
    tasks.run(message.pk, 0)

    assert (task.place.trace_id, task.parent_id) == hint.place
    assert task.links == [asked.place]
    assert OutboxMessage.objects.get(topic="more").traceparent == task.traceparent


def test_a_task_of_what_is_not_sampled_is_not_sampled(kept: Kept) -> None:
    assert traces.resume("") is None


def test_the_one_statement_that_orders_names_the_span_too() -> None:
    """Web processes from before, which do not know the argument, go on with the same function."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), max(pronargs), max(pronargdefaults) FROM pg_proc WHERE proname = 'orders_place'"
        )
        assert cursor.fetchone() == (1, 13, 1)


def _run(span: Span | None) -> Span:
    """As a request or a task does that runs now."""
    assert span
    statements.current.set(Statements(span))
    return span


def _send() -> OutboxMessage:
    with transaction.atomic():
        message = actions.send("remember")
    assert spans.read(message.traceparent) or not message.traceparent
    return message
