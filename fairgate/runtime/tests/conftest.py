from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from fairgate.runtime.tests.open_door import OpenDoor, fresh_door
from fairgate.runtime.tests.running import Running, clean_environment
from fairgate.testing.waiting import free_port

__all__ = ["fresh_door"]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    opened = OpenDoor(tmp_path_factory.mktemp("door"))
    yield opened
    opened.close()


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Shared by all tests, each of which leaves it well, with one process of each kind."""
    installation = Running(tmp_path_factory.mktemp("installation") / "data").start()
    yield installation
    installation.stop()


@pytest.fixture(scope="module")
def nothing_set() -> Iterator[None]:
    """No settings of the suite's own database."""
    with pytest.MonkeyPatch.context() as settings:
        for name in set(os.environ) - set(clean_environment()):
            settings.delenv(name)
        yield


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An installation that its tests start and stop. A Unix socket's address would not hold its path."""
    folder = tmp_path_factory.mktemp("other") / ("x" * 120) / "data"
    folder.parent.mkdir()
    installation = Running(folder)
    yield installation
    installation.command("down")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", free_port()))
        holder.listen()
        yield holder.getsockname()[1]
