from __future__ import annotations

from collections.abc import Iterator

import pytest

from fairgate.lib import logs
from fairgate.outbox import actions, handlers, tasks
from fairgate.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def facts() -> Iterator[None]:
    token = logs.facts.set({})
    yield
    logs.facts.reset(token)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    seen: list[int] = []
    monkeypatch.setitem(handlers._handlers, "remember", lambda message: seen.append(message.pk))
    return seen


def test_a_task_runs_the_handler_once_and_marks_the_row_done(seen: list[int]) -> None:
    message = actions.send("remember")

    tasks.run(message.pk, 0)
    tasks.run(message.pk, 0)

    message.refresh_from_db()
    assert seen == [message.pk]
    assert message.done_at is not None


def test_a_task_goes_on_under_the_id_of_its_request(seen: list[int]) -> None:
    logs.request_id.set("abc")
    message = actions.send("remember")
    logs.request_id.set("")

    tasks.run(message.pk, 0)

    assert logs.request_id.get() == "abc"
    assert logs.facts.get() == {"message": message.pk, "topic": "remember", "attempt": 1, "result": "done"}


def test_an_error_is_kept_without_the_person_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_message: OutboxMessage) -> None:
        raise ValueError("550 ben@example.org is unknown")

    monkeypatch.setitem(handlers._handlers, "refuse", refuse)
    message = actions.send("refuse")

    tasks.run(message.pk, 0)

    message.refresh_from_db()
    assert message.done_at is None
    assert message.last_error.startswith("builtins.ValueError at outbox/tests/test_tasks.py:")
    assert "ben" not in repr(logs.facts.get())


def test_an_unknown_topic_is_tried_again() -> None:
    message = actions.send("from_a_newer_version")

    tasks.run(message.pk, 0)

    message.refresh_from_db()
    assert message.attempts == 1
    assert message.last_error.startswith("fairgate.outbox.handlers.UnknownTopic")
