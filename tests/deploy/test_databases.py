"""The databases of deploy/ are set as the one that all tests and figures are about; only sizes differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairgate.runtime.server import SETTINGS
from tests.deploy.rendered import compose, of_kind, overlay

# What answers depend on, what plans depend on, and what keeps people out of the logs.
SAME = (
    "max_connections",
    "wal_compression",
    "random_page_cost",
    "jit",
    "idle_in_transaction_session_timeout",
    "timezone",
    "log_error_verbosity",
    "log_min_error_statement",
)


@pytest.mark.parametrize("name", SAME)
def test_in_containers(name: str) -> None:
    words = compose()["services"]["postgres"]["command"][1:]
    settings = dict(word.removeprefix("--").split("=", 1) for word in words)

    assert settings[name] == SETTINGS[name]


@pytest.mark.parametrize("name", SAME)
def test_on_a_cluster(name: str) -> None:
    (cluster,) = of_kind(overlay("small"), "Cluster").values()

    assert cluster["spec"]["postgresql"]["parameters"][name] == SETTINGS[name]


@pytest.mark.parametrize("name", SAME)
def test_on_a_host_of_its_own(name: str) -> None:
    lines = (Path(__file__).parents[2] / "deploy/hosts/postgresql.conf").read_text().splitlines()
    settings = dict(line.split(" = ") for line in lines if " = " in line)

    assert settings[name] == SETTINGS[name]


def test_one_overlay_can_follow_the_other() -> None:
    """A disk that one of them made larger would be refused by the other."""
    (small,), (large,) = (of_kind(overlay(name), "Cluster").values() for name in ("small", "on-sale"))

    assert [small["spec"][disk] for disk in ("storage", "walStorage")] == [
        large["spec"][disk] for disk in ("storage", "walStorage")
    ]
