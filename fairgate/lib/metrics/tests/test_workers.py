"""Several interpreters of one server, of which one is asked."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from prometheus_client.core import GaugeMetricFamily

from fairgate.lib.metrics import workers
from fairgate.testing.waiting import wait_until

ANOTHER = """
import sys, time
from fairgate.lib.metrics import registry, workers
workers.join(sys.argv[1], 2)
print("there", flush=True)
time.sleep(100)
"""


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(workers, "_server", None)
    monkeypatch.setattr(workers, "PATIENCE_S", 0.5)
    return secrets.token_hex(8)


@pytest.fixture
def another(name: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", ANOTHER, name], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    yield process
    process.kill()
    process.communicate()


def places() -> set[str]:
    """From the figure that this one tells, and from one that every process tells."""
    told = workers.gather([GaugeMetricFamily("process_resident_memory_bytes", "", 1.0)])
    return {sample.labels["worker"] for family in told.families for sample in family.samples}


def test_whoever_is_asked_tells_of_the_others_too(name: str, another: subprocess.Popen[str]) -> None:
    workers.join(name, 2)

    assert (places(), workers.gather([]).interpreters) == ({"1", "2"}, 2)


def test_one_that_stands_still_keeps_nobody_back(name: str, another: subprocess.Popen[str]) -> None:
    workers.join(name, 2)
    os.kill(another.pid, signal.SIGSTOP)

    assert places() == {"2"}


def test_one_that_ends_takes_its_figures_along_and_leaves_its_place(name: str, another: subprocess.Popen[str]) -> None:
    workers.join(name, 2)
    another.kill()
    another.wait()

    wait_until(lambda: places() == {"2"})
    workers.join(name, 2)
    assert "1" in places()


def test_a_server_with_one_interpreter_needs_no_places(name: str) -> None:
    told = workers.gather([GaugeMetricFamily("answer", "", 42.0)])

    assert (told.interpreters, told.families[0].samples[0].labels) == (1, {})
