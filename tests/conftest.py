"""One installation with the demo data for all these tests; each makes an event of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fairgate.lib.tests.otlp import receive
from fairgate.runtime.tests.running import Running
from tests.asking import Client
from tests.installed import Installed
from tests.olga import GATE, Member


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    # Everything is slow and traced here, so that what is told of it is looked at too.
    with receive() as traces:
        environment = {"FAIRGATE_SLOW_MS": "1", **traces.environment}
        running = Running(tmp_path_factory.mktemp("whole") / "data", "--demo", environment=environment)
        try:
            yield Installed(running.start(), traces)
        finally:
            running.stop()


@pytest.fixture(scope="session")
def olga(installed: Installed) -> Iterator[Member]:
    with Member(installed.port) as member:
        yield member


@pytest.fixture(scope="session")
def gail(installed: Installed) -> Iterator[Member]:
    with Member(installed.port, GATE) as member:
        yield member


@pytest.fixture
def ben(installed: Installed) -> Iterator[Client]:
    """A buyer without a browser."""
    with Client(installed.port) as client:
        yield client
