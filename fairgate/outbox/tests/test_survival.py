"""Real worker, real broker, real database: whatever is killed, every effect happens, only later."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import psutil
import pytest
import redis
from django.db import transaction
from django.db.models import F

from fairgate.lib import logs
from fairgate.outbox import actions
from fairgate.outbox.models import OutboxMessage
from fairgate.outbox.tests.conftest import Worker
from fairgate.testing.cache_servers import CacheServer
from fairgate.testing.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("relay_runs")]


def test_every_effect_happens_and_leaves_one_line_with_its_request_id(worker: Worker) -> None:
    logs.request_id.set("abc")
    messages = _send(20)
    worker.start()

    wait_until(_all_done)

    lines = [json.loads(line) for line in worker.log.splitlines() if line.startswith('{"task"')]
    assert worker.effects == messages
    assert sorted(str(line["message"]) for line in lines) == sorted(messages)
    assert {line["request_id"] for line in lines} == {"abc"}


def test_a_worker_killed_in_the_middle_costs_delay_only(worker: Worker) -> None:
    messages = _send(4, takes_s=1)
    worker.start()
    wait_until(lambda: any(worker.folder.glob("*.begun")))

    worker.kill()
    _let_time_pass()
    worker.start()

    wait_until(_all_done)
    assert worker.effects == messages


def test_a_child_killed_in_the_middle_costs_delay_only(worker: Worker) -> None:
    messages = _send(1, takes_s=1)
    worker.start()
    wait_until(lambda: any(worker.folder.glob("*.begun")))

    _kill_children(worker)
    _let_time_pass()

    wait_until(_all_done)
    assert worker.effects == messages


def test_a_flushed_broker_costs_delay_only(worker: Worker, valkey: CacheServer) -> None:
    messages = _send(10)
    wait_until(lambda: redis.Redis(port=valkey.port).llen("effects") == 10)

    redis.Redis(port=valkey.port).flushall()
    _let_time_pass()
    worker.start()

    wait_until(_all_done)
    assert worker.effects == messages


def test_a_broker_that_goes_and_comes_back_finds_the_worker_consuming(worker: Worker, valkey: CacheServer) -> None:
    worker.start()
    before = _send(3)
    wait_until(_all_done)

    valkey.kill()
    meanwhile = _send(3)
    time.sleep(3)
    valkey.start()

    wait_until(_all_done, seconds=40)
    assert worker.effects == before | meanwhile


def _send(count: int, **payload: object) -> set[str]:
    with transaction.atomic():
        return {str(actions.send("effect", **payload).pk) for _ in range(count)}


def _all_done() -> bool:
    return not OutboxMessage.objects.filter(done_at__isnull=True).exists()


def _let_time_pass() -> None:
    """Hints and leases run out."""
    OutboxMessage.objects.update(due_at=F("due_at") - timedelta(minutes=1))


def _kill_children(worker: Worker) -> None:
    assert worker.process
    for child in psutil.Process(worker.process.pid).children():
        child.kill()
