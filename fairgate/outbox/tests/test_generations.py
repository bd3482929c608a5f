from __future__ import annotations

import pytest
from django.db import transaction

from fairgate.lib.cache import Cache, connect, scopes
from fairgate.lib.cache.far import Away
from fairgate.lib.cache.tests.things import THING, Source
from fairgate.outbox import generations, tasks
from fairgate.outbox.models import OutboxMessage
from fairgate.testing.cache_servers import CacheServer

pytestmark = pytest.mark.django_db(transaction=True)

SCOPE = scopes.event("riverside", "concert")


@pytest.fixture
def cache(valkey: CacheServer, monkeypatch: pytest.MonkeyPatch) -> Cache:
    its = connect(valkey.url, "s" * 64)
    monkeypatch.setattr(generations, "cache", lambda: its)
    return its


def elsewhere(valkey: CacheServer) -> Source:
    """Reads as a process that was told nothing; asked twice if what the first had kept is void."""
    source = Source()
    connect(valkey.url, "s" * 64).fetch(THING, ("a",), source, [SCOPE])
    return source


def is_void(valkey: CacheServer) -> bool:
    return elsewhere(valkey).asked == 1


def test_a_bump_holds_everywhere_once_its_transaction_commits(cache: Cache, valkey: CacheServer) -> None:
    elsewhere(valkey)

    with transaction.atomic():
        generations.bump(SCOPE)
        assert not is_void(valkey)

    assert is_void(valkey)


def test_what_is_rolled_back_bumps_nothing(cache: Cache, valkey: CacheServer) -> None:
    elsewhere(valkey)

    with transaction.atomic():
        generations.bump(SCOPE)
        transaction.set_rollback(True)

    assert not is_void(valkey)
    assert not OutboxMessage.objects.exists()


def test_a_worker_bumps_again_for_a_process_that_was_killed_after_its_commit(cache: Cache, valkey: CacheServer) -> None:
    elsewhere(valkey)
    OutboxMessage.objects.create(topic="cache_bumped", payload={"scopes": [SCOPE]})

    tasks.run(OutboxMessage.objects.get().pk, 0)

    assert is_void(valkey)
    assert OutboxMessage.objects.get().done_at is not None


def test_while_the_cache_server_is_away_the_change_goes_on_and_the_row_is_tried_again(
    cache: Cache, valkey: CacheServer
) -> None:
    valkey.kill()
    generations.bump(SCOPE)
    row = OutboxMessage.objects.get()

    tasks.run(row.pk, 0)

    row.refresh_from_db()
    assert (row.done_at, row.attempts, row.parked_at) == (None, 1, None)
    assert "Away" in row.last_error


def test_nobody_is_asked_to_look_after_a_bump_that_has_nothing_left_to_do(cache: Cache, valkey: CacheServer) -> None:
    valkey.kill()
    row = OutboxMessage(topic="cache_bumped", payload={"scopes": [SCOPE]}, attempts=generations.LAST_ATTEMPT - 1)

    with pytest.raises(Away):
        generations.cache_bumped(row)
    row.attempts = generations.LAST_ATTEMPT
    generations.cache_bumped(row)
