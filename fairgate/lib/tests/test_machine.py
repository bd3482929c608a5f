"""How many processes and threads a machine or a container is good for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairgate.lib import env, machine


@pytest.mark.parametrize(
    ("cores", "memory_mb", "workers"),
    [(1, 2_000, 1), (2, 24_000, 1), (4, 16_000, 2), (8, 16_000, 4), (64, 256_000, 4), (8, 1_000, 2), (8, 256, 1)],
)
def test_processes_grow_with_cores_as_far_as_memory_goes(cores: int, memory_mb: int, workers: int) -> None:
    assert machine.workers(cores, memory_mb) == workers


def test_a_containers_limits_count(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text(f"{512 * 1024**2}\n")

    assert (machine.cores(tmp_path), machine.memory_mb(tmp_path)) == (1, 512)


def test_without_limits_the_machine_counts(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")

    assert machine.cores(tmp_path) == machine.cores(tmp_path / "none") == len(os.sched_getaffinity(0))
    assert machine.memory_mb(tmp_path) == machine.memory_mb(tmp_path / "none") > 512


def test_the_operator_may_choose_otherwise() -> None:
    chosen = env.from_environment({**os.environ, "FAIRGATE_WEB_WORKERS": "3", "FAIRGATE_WEB_THREADS": "4"})

    assert (chosen.web_workers, chosen.web_threads, chosen.gate_threads) == (3, 4, machine.THREADS)


@pytest.mark.parametrize("value", ["0", "65", "many", "-1", "1.5"])
def test_what_is_no_number_of_threads_is_refused(value: str) -> None:
    with pytest.raises(env.SettingsError, match="FAIRGATE_GATE_THREADS must be a number from 1 to 64"):
        env.from_environment({**os.environ, "FAIRGATE_GATE_THREADS": value})
