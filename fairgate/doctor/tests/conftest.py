from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import psycopg
import pytest

from fairgate.doctor import rules, scene
from fairgate.doctor.finding import Finding
from fairgate.doctor.looks import database, processes, stores
from fairgate.doctor.scene import Scene
from fairgate.lib import env
from fairgate.runtime import commands, environment
from fairgate.runtime.installation import Installation, installation
from fairgate.runtime.secrets import load_secrets
from fairgate.runtime.tests.open_door import fresh_door
from fairgate.runtime.tests.running import Running
from fairgate.testing.waiting import wait_until

__all__ = ["fresh_door"]

BETWEEN_S = 1.5

Connection = psycopg.Connection[tuple[object, ...]]


class Ill(Running):
    """A whole installation in which faults are planted, each of them healed by its own test."""

    @property
    def place(self) -> Installation:
        return installation(self.data)

    @property
    def archive(self) -> Path:
        return self.data.with_name("archive")

    @property
    def url(self) -> str:
        return environment.recall(self.place)["FAIRGATE_DATABASE_URL"]

    def diagnosis(self, between_s: float = BETWEEN_S) -> list[Finding]:
        return rules.judge(scene.gather(self.place, between_s))

    def glance(self) -> Scene:
        """Processes, database and stores alone, and at once: whatever else this machine does is not seen."""
        settings, taken = env.from_environment(environment.recall(self.place)), processes.take()
        ours = processes.tell(commands.status(self.place)["processes"], taken, taken, 1.0)
        seen = database.look(self.place, settings, time.monotonic())
        return Scene(
            self.place,
            settings,
            processes=ours,
            database=scene.named(seen, ours, taken),
            stores=stores.look(settings, lambda: None),
        )

    def connect(self) -> Connection:
        return psycopg.connect(self.url, autocommit=True)

    def connect_as_admin(self, name: str) -> Connection:
        """To `postgres-1` or `standby-1`."""
        password = load_secrets(self.place)["database_admin_password"]
        port = self.status()[name]["port"]
        return psycopg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/fairgate", autocommit=True)


@pytest.fixture(scope="package")
def ill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ill]:
    folder = tmp_path_factory.mktemp("ill")
    started = Ill(folder / "data", "--replicas", "1", "--archive", str(folder / "archive"))
    started.start()
    yield started
    started.stop()


@pytest.fixture
def quiet(tmp_path: Path) -> Scene:
    """One in which nothing was seen, to be changed into one in which something was."""
    return Scene(installation(tmp_path), replace(env.settings(), email_url="file:///nowhere"))


@dataclass(frozen=True)
class Bare:
    """A database with nothing in it, whose server may be asked for anything."""

    url: str

    def connect(self) -> Connection:
        return psycopg.connect(self.url, autocommit=True)

    def seen(self, quiet: Scene, between_s: float = 0.0) -> Scene:
        settings = replace(quiet.settings, database_url=self.url)
        return replace(quiet, database=database.look(quiet.installation, settings, time.monotonic() + between_s))

    @contextmanager
    def set_to(self, **settings: str) -> Iterator[None]:
        """Of the whole server."""
        with self.connect() as admin:
            for name, value in settings.items():
                admin.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
            admin.execute("SELECT pg_reload_conf()")
            wait_until(lambda: all(_shown(admin, name) == value for name, value in settings.items()))
            try:
                yield
            finally:
                for name in settings:
                    admin.execute(f"ALTER SYSTEM RESET {name}".encode())
                admin.execute("SELECT pg_reload_conf()")


def _shown(connection: Connection, name: str) -> object:
    return (connection.execute(f"SHOW {name}".encode()).fetchone() or [None])[0]


@pytest.fixture
def bare() -> Iterator[Bare]:
    """On the suite's own server, by its administrator, who has the same password there."""
    parts = urlsplit(env.settings().database_url)
    address = f"postgresql://postgres:{parts.password}@{parts.hostname}:{parts.port}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as admin:
        admin.execute("CREATE DATABASE bare")
        yield Bare(f"{address}/bare")
        admin.execute("DROP DATABASE bare WITH (FORCE)")


@contextmanager
def meanwhile(work: Callable[[Connection], object], of: Ill | Bare) -> Iterator[None]:
    """Over a connection that is cut at the end."""
    connection = of.connect()

    def run() -> None:
        with suppress(psycopg.Error):
            work(connection)

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        connection.cancel_safe()
        thread.join()
        connection.close()
