"""Faults of Valkey, of mail and of what workers should do, on servers of a test's own: each is what is named first."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
import redis

from fairgate.doctor.finding import Urgency
from fairgate.doctor.looks import database, mail, processes, stores
from fairgate.doctor.looks.outbox import Outbox
from fairgate.doctor.rules import judge
from fairgate.doctor.scene import Scene
from fairgate.doctor.tests.named import named_first
from fairgate.lib.env import Settings
from fairgate.testing.cache_servers import CacheServer, serve
from fairgate.testing.waiting import free_port

UNTRIED = Outbox(waiting=7, untried=7, oldest_s=90.0, failing=0, parked=0, parked_s=0.0, done_s=90.0, errors=())


@pytest.fixture(scope="module")
def server() -> Iterator[CacheServer]:
    yield from serve("valkey")


@pytest.fixture
def valkey(server: CacheServer) -> Iterator[redis.Redis]:
    with redis.Redis(port=server.port) as client:
        before = {name: client.config_get(name)[name] for name in ("maxmemory", "maxmemory-policy", "maxclients")}
        yield client
        for name, value in before.items():
            client.config_set(name, value)
        client.flushall()
        client.config_resetstat()


def all_at(settings: Settings, port: int) -> Settings:
    url = f"valkey://127.0.0.1:{port}/0"
    return replace(settings, valkey_url=url, broker_url=url, cache_url=url)


def nothing() -> None:
    """No time between the looks."""


def test_a_valkey_that_is_away(quiet: Scene) -> None:
    seen = stores.look(all_at(quiet.settings, free_port()), nothing)

    first = named_first("store-away", judge(replace(quiet, stores=seen)))
    assert first.evidence[1] == "Mail and other effects wait in the outbox."


def test_a_valkey_that_throws_hints_out(quiet: Scene, server: CacheServer, valkey: redis.Redis) -> None:
    valkey.config_set("maxmemory-policy", "allkeys-lru")
    valkey.config_set("maxmemory", valkey.info()["used_memory"] + 1_000_000)

    def crowd_out() -> None:
        with valkey.pipeline(transaction=False) as many:
            for number in range(1_000):
                many.set(str(number), b"x" * 2_000)
            many.execute()

    seen = stores.look(all_at(quiet.settings, server.port), crowd_out)

    first = named_first("store-evicts", judge(replace(quiet, stores=seen)))
    assert first.urgency is Urgency.HURTS


def test_a_valkey_that_soon_takes_nothing_more(quiet: Scene, server: CacheServer, valkey: redis.Redis) -> None:
    valkey.config_set("maxmemory-policy", "noeviction")
    valkey.config_set("maxmemory", int(valkey.info()["used_memory"] * 1.05))

    named_first("store-full", judge(replace(quiet, stores=stores.look(all_at(quiet.settings, server.port), nothing))))


def test_a_valkey_that_refuses_connections(quiet: Scene, server: CacheServer, valkey: redis.Redis) -> None:
    valkey.config_set("maxclients", 3)

    def crowd() -> None:
        with ExitStack() as clients:
            for _ in range(4):
                client = clients.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                client.sendall(b"PING\r\n")
                client.recv(100)

    seen = stores.look(all_at(quiet.settings, server.port), crowd)

    first = named_first("store-refuses", judge(replace(quiet, stores=seen)))
    assert first.evidence[0].endswith("maxclients 3.")


def test_a_cache_that_never_has_what_is_asked_for(quiet: Scene, server: CacheServer, valkey: redis.Redis) -> None:
    nowhere = {"valkey_url": "elsewhere://", "broker_url": "amqp://elsewhere"}
    settings = replace(quiet.settings, cache_url=f"valkey://127.0.0.1:{server.port}/0", **nowhere)

    def ask() -> None:
        with valkey.pipeline(transaction=False) as many:
            for number in range(5_000):
                many.get(f"nothing {number}")
            many.execute()

    first = named_first("cache-misses", judge(replace(quiet, stores=stores.look(settings, ask))))
    assert first.evidence[0].startswith("0 of 5,000 lookups")


def test_a_mail_server_that_is_away(quiet: Scene) -> None:
    error = mail.error(replace(quiet.settings, email_url=f"smtp://127.0.0.1:{free_port()}"))

    first = named_first("mail-server-away", judge(replace(quiet, mail_error=error)))
    assert "Connection refused" in first.evidence[0]


def test_effects_without_a_worker(quiet: Scene, server: CacheServer, valkey: redis.Redis) -> None:
    first = named_first("worker-missing", judge(_waiting(quiet, server)))

    assert first.levers == (f"fairgate scale --data {quiet.installation.root} worker=1",)


def test_workers_that_do_less_than_comes_in(quiet: Scene, server: CacheServer, valkey: redis.Redis) -> None:
    valkey.rpush("effects", *range(5))
    busy = processes.Part(77, "python", "R", 0.8, 100.0)
    worker = processes.Process("worker", 1, 77, 20002, "ready", 0, (busy,))

    first = named_first("worker-behind", judge(_waiting(quiet, server, worker)))
    assert first.evidence[0].startswith("5 tasks wait at the broker")


def _waiting(quiet: Scene, server: CacheServer, *workers: processes.Process) -> Scene:
    seen = stores.look(all_at(quiet.settings, server.port), nothing)
    return replace(quiet, stores=seen, processes=workers, database=database.Database(outbox=UNTRIED))
