from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from fairgate.lib import logs
from fairgate.outbox import actions
from fairgate.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db


def test_a_message_carries_the_id_of_its_request() -> None:
    logs.request_id.set("abc")

    message = actions.send("order_placed", order=7)

    message.refresh_from_db()
    assert (message.topic, message.payload, message.request_id) == ("order_placed", {"order": 7}, "abc")


@pytest.mark.django_db(transaction=True)
def test_a_message_vanishes_with_its_transaction() -> None:
    with transaction.atomic():
        actions.send("order_placed", order=7)
        transaction.set_rollback(True)

    assert OutboxMessage.objects.count() == 0


def test_one_attempt_is_leased_once() -> None:
    message = actions.send("order_placed")

    first, second = actions.lease(message.pk, 0), actions.lease(message.pk, 0)

    assert first is not None
    assert first.attempts == 1
    assert second is None


def test_a_finished_message_is_not_leased_again() -> None:
    message = _leased()

    actions.finish(message)

    assert actions.lease(message.pk, 1) is None


def test_a_late_task_cannot_finish_what_another_attempt_has_taken_over() -> None:
    late = _leased()
    actions.lease(late.pk, 1)

    actions.finish(late)

    late.refresh_from_db()
    assert late.done_at is None


@pytest.mark.parametrize(("attempt", "wait_s"), [(1, 5), (2, 20), (3, 80), (7, 20_480)])
def test_a_failure_waits_longer_each_time(attempt: int, wait_s: int) -> None:
    message = _leased(attempt)

    actions.fail(message, ValueError("ben@example.org"))

    message.refresh_from_db()
    assert _seconds_until_due(message) == pytest.approx(wait_s, abs=2)
    assert message.last_error == "builtins.ValueError"


def test_the_eighth_failure_parks_the_message() -> None:
    message = _leased(8)

    actions.fail(message, ValueError())

    message.refresh_from_db()
    assert message.parked_at is not None
    assert actions.lease(message.pk, 8) is None


def test_a_message_that_kills_its_worker_every_time_is_parked() -> None:
    message = _leased(8)

    assert actions.lease(message.pk, 8) is None

    message.refresh_from_db()
    assert message.parked_at is not None


def test_parked_messages_start_over() -> None:
    message = _leased(8)
    actions.fail(message, ValueError())

    assert actions.retry_parked(OutboxMessage.objects.all()) == 1

    assert actions.lease(message.pk, 0) is not None


def test_what_was_done_long_ago_is_deleted_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "DELETE_BATCH", 2)
    for _ in range(5):
        OutboxMessage.objects.create(topic="old", done_at=_ago(31))
    OutboxMessage.objects.create(topic="recent", done_at=_ago(29))
    OutboxMessage.objects.create(topic="waiting")

    assert actions.delete_done() == 5

    assert sorted(OutboxMessage.objects.values_list("topic", flat=True)) == ["recent", "waiting"]


def _leased(attempt: int = 1) -> OutboxMessage:
    message = OutboxMessage.objects.create(topic="order_placed", attempts=attempt - 1)
    leased = actions.lease(message.pk, attempt - 1)
    assert leased is not None
    return leased


def _seconds_until_due(message: OutboxMessage) -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM %s - now())", [message.due_at])
        return float(cursor.fetchone()[0])


def _ago(days: int) -> Now:
    return Now() - timedelta(days=days)  # type: ignore[return-value]
