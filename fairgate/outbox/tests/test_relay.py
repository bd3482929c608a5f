from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import replace

import psycopg
import pytest
import redis
from django.db import connection, transaction

from fairgate.lib import env, logs
from fairgate.outbox import actions, relay
from fairgate.outbox.models import OutboxMessage
from fairgate.testing.cache_servers import CacheServer
from fairgate.testing.waiting import free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_due_row_is_hinted_at_with_its_request_id(settings_here: env.Settings, valkey: CacheServer) -> None:
    logs.request_id.set("abc")
    message = _send()

    _give(settings_here)

    [hint] = _hints(valkey)
    assert (hint["headers"]["task"], hint["headers"]["request_id"]) == ("outbox.run", "abc")
    assert json.loads(_body(hint))[0] == [message.pk, 0]


def test_a_hinted_row_is_left_alone_for_a_while(settings_here: env.Settings, valkey: CacheServer) -> None:
    _send()

    _give(settings_here)
    _give(settings_here)

    assert len(_hints(valkey)) == 1


def test_two_relays_share_the_rows(settings_here: env.Settings, valkey: CacheServer) -> None:
    messages = {_send().pk for _ in range(250)}
    relays = [threading.Thread(target=_give, args=(settings_here,)) for _ in range(2)]

    for thread in relays:
        thread.start()
    for thread in relays:
        thread.join()

    hinted = [json.loads(_body(hint))[0][0] for hint in _hints(valkey)]
    assert sorted(hinted) == sorted(messages)


def test_rows_wait_in_the_table_when_the_queue_is_full(
    settings_here: env.Settings, valkey: CacheServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MAX_WAITING_HINTS", 3)
    for _ in range(5):
        _send()

    _give(settings_here)

    assert len(_hints(valkey)) == 3
    assert _due() == 2


def test_without_a_broker_nothing_is_claimed(settings_here: env.Settings) -> None:
    _send()
    started = time.monotonic()

    with pytest.raises(relay.BrokerDown):
        _give(replace(settings_here, broker_url=f"redis://127.0.0.1:{free_port()}/0"))

    assert _due() == 1
    assert time.monotonic() - started < 5


def test_rows_go_out_when_the_broker_is_back(
    settings_here: env.Settings, valkey: CacheServer, capsys: pytest.CaptureFixture[str]
) -> None:
    valkey.kill()
    _send()
    logs.configure("relay")
    stop = threading.Event()
    thread = threading.Thread(target=relay.run, args=(settings_here, stop))
    thread.start()
    time.sleep(2.5)

    valkey.start()
    wait_until(lambda: len(_hints(valkey)) == 1)
    wait_until(lambda: _due() == 0)
    stop.set()
    thread.join()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines if line.get("duty") == "give"] == ["relay waits", "relay works again"]


def test_why_its_connections_are_refused_is_told(
    settings_here: env.Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pooler, for one, refuses time-outs that come with the connection."""
    logs.configure("relay")
    stop, said = threading.Event(), []
    elsewhere = replace(settings_here, database_url=settings_here.database_url + "?dbname=nowhere")
    thread = threading.Thread(target=relay.run, args=(elsewhere, stop))
    thread.start()

    def is_told() -> bool:
        said.extend(json.loads(line) for line in capsys.readouterr().out.splitlines())
        return any(line["event"] == "relay waits" for line in said)

    wait_until(is_told)
    stop.set()
    thread.join()

    assert 'FATAL:  database "nowhere" does not exist' in said[0]["reason"]


def test_the_relay_outlives_its_database_connection(
    settings_here: env.Settings, valkey: CacheServer, relay_runs: None
) -> None:
    wait_until(lambda: _relay_connections() == 2)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fairgate relay'"
        )

    _send()

    wait_until(lambda: len(_hints(valkey)) == 1)


def test_sweeping_goes_on_while_it_returns_the_maximum() -> None:
    class Database:
        left = 1_200

        def execute(self, _sql: str, parameters: tuple[int]) -> Database:
            self.expired = min(parameters[0], self.left)
            self.left -= self.expired
            return self

        def fetchone(self) -> tuple[int]:
            return (self.expired,)

    database = Database()

    relay.sweep(database)  # type: ignore[arg-type]

    assert database.left == 0


def _send() -> OutboxMessage:
    with transaction.atomic():
        return actions.send("remember")


def _give(settings: env.Settings) -> None:
    hints = relay.Hints(settings.broker_url)
    with psycopg.connect(settings.database_url, autocommit=True) as database:
        hints.give(database)
    hints.close()


def _hints(valkey: CacheServer) -> list[dict[str, dict[str, str]]]:
    return [json.loads(raw) for raw in redis.Redis(port=valkey.port).lrange("effects", 0, -1)]  # type: ignore[union-attr]


def _body(hint: dict[str, dict[str, str]]) -> str:
    return base64.b64decode(str(hint["body"])).decode()


def _due() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM outbox_message WHERE due_at <= clock_timestamp()")
        return int(cursor.fetchone()[0])


def _relay_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'fairgate relay'")
        return int(cursor.fetchone()[0])
