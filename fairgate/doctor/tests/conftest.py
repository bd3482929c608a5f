from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from fairgate.doctor import rules, scene
from fairgate.doctor.finding import Finding
from fairgate.doctor.scene import Scene
from fairgate.lib import env
from fairgate.runtime import environment
from fairgate.runtime.installation import Installation, installation
from fairgate.runtime.secrets import load_secrets
from fairgate.runtime.tests.open_door import OpenDoor
from fairgate.runtime.tests.running import Running

BETWEEN_S = 1.5


class Ill(Running):
    """A whole installation in which faults are planted, each of them healed by its own test."""

    @property
    def place(self) -> Installation:
        return installation(self.data)

    @property
    def url(self) -> str:
        return environment.recall(self.place)["FAIRGATE_DATABASE_URL"]

    def diagnosis(self) -> list[Finding]:
        return rules.judge(scene.gather(self.place, BETWEEN_S))

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url, autocommit=True)

    def connect_as_admin(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        """To `postgres-1` or `standby-1`."""
        password = load_secrets(self.place)["database_admin_password"]
        port = self.status()[name]["port"]
        return psycopg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/fairgate", autocommit=True)


@pytest.fixture(scope="package")
def ill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ill]:
    started = Ill(tmp_path_factory.mktemp("ill") / "data", "--replicas", "1")
    started.start()
    yield started
    started.stop()


@pytest.fixture
def quiet(tmp_path: Path) -> Scene:
    """One in which nothing was seen, to be changed into one in which something was."""
    return Scene(installation(tmp_path), replace(env.settings(), email_url="file:///nowhere"))


@contextmanager
def meanwhile(work: Callable[[psycopg.Connection[tuple[object, ...]]], object], of: Ill) -> Iterator[None]:
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


@pytest.fixture
def fresh_door(tmp_path: Path) -> Iterator[Callable[..., OpenDoor]]:
    opened: list[OpenDoor] = []

    def open_door(**options: Any) -> OpenDoor:
        opened.append(OpenDoor(tmp_path / f"door{len(opened)}", **options))
        return opened[-1]

    yield open_door
    for one in opened:
        one.close()
