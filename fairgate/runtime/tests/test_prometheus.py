"""`fairgate up --prometheus`: a real one, that finds every process by itself."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairgate import monitoring
from fairgate.monitoring import dashboards
from fairgate.monitoring.tests.named import MISSING, haproxys, needs_promtool, promtool
from fairgate.runtime import binaries
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.installation import Installation, installation
from fairgate.runtime.kinds import KINDS
from fairgate.runtime.ports import FIRST
from fairgate.runtime.prometheus import Prometheus
from fairgate.runtime.tests.asking import ask
from fairgate.runtime.tests.open_door import OpenDoor
from fairgate.runtime.tests.running import Running, fairgate
from fairgate.runtime.up import _as_arguments
from fairgate.runtime.wish import Wish
from fairgate.testing.waiting import free_port, wait_until

# A process is asked every 10 s.
FOUND_S = 60.0

needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason=MISSING.replace("promtool", "prometheus")
)


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Running]:
    installation = Running(tmp_path_factory.mktemp("watched") / "data", "--prometheus", str(port)).start()
    yield installation
    installation.stop()


def told(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10) as answer:
        return json.load(answer)["data"]


def asked(port: int) -> dict[tuple[str, str], str]:
    """Whom Prometheus asks, by name and address, and how they are."""
    targets = told(port, "targets")["activeTargets"]
    return {(target["labels"]["process"], target["labels"]["instance"]): target["health"] for target in targets}


def answering(running: Running) -> dict[tuple[str, str], str]:
    found = {}
    for name, process in running.status().items():
        if process["name"] in (*KINDS, "door"):
            found[name, f"127.0.0.1:{process.get('metrics_port', process['port'])}"] = "up"
    return found


@needs_prometheus
def test_it_finds_every_process_and_says_where_it_is(watched: Running, port: int) -> None:
    wait_until(lambda: asked(port) == answering(watched), FOUND_S, "not all processes were found")

    prometheus = watched.status()["prometheus-1"]
    assert (prometheus["port"], prometheus["state"]) == (port, "ready")
    assert len(answering(watched)) == len(KINDS) + 1
    assert f"figures  http://127.0.0.1:{port}/" in watched.output.read_text()


@needs_prometheus
def test_processes_that_come_and_go_are_found_by_themselves(watched: Running, port: int) -> None:
    wait_until(lambda: asked(port) == answering(watched), FOUND_S)
    before = answering(watched)

    assert watched.command("restart", "relay").returncode == 0
    assert watched.command("scale", "gate=0").returncode == 0

    after = answering(watched)
    assert [name for name, _ in before.keys() - after.keys()] != []
    assert "gate-1" not in {name for name, _ in after}
    wait_until(lambda: asked(port) == after, FOUND_S, "what changed was not seen")


@needs_prometheus
def test_it_knows_the_rules_and_none_of_them_fails(watched: Running, port: int) -> None:
    def rules() -> list[dict[str, Any]]:
        return [rule for group in told(port, "rules")["groups"] for rule in group["rules"]]

    wait_until(lambda: all(rule["health"] == "ok" for rule in rules()), FOUND_S, "rules are not evaluated")

    assert {Path(group["file"]) for group in told(port, "rules")["groups"]} == set(monitoring.rules())


@needs_prometheus
def test_nobody_else_reaches_it_and_what_it_keeps_is_bounded(watched: Running, port: int) -> None:
    flags = told(port, "status/flags")

    assert flags["web.listen-address"] == f"127.0.0.1:{port}"
    assert flags["storage.tsdb.path"] == str(watched.data / "prometheus")
    assert (flags["storage.tsdb.retention.time"], flags["storage.tsdb.retention.size"]) == ("15d", "1GiB")
    assert (flags["web.enable-admin-api"], flags["web.enable-lifecycle"]) == ("false", "false")


@needs_promtool
def test_what_it_is_given_is_a_configuration(tmp_path: Path) -> None:
    folder = Installation(tmp_path / "[a] place")
    folder.create_folders()
    prometheus = Prometheus(folder, Path("/bin/true"), free_port())
    prometheus.look_at([], None)
    prometheus.launch().wait()

    checked = promtool("check", "config", folder.run / "prometheus/prometheus.yml")

    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count("rules found") == len(monitoring.rules())


def test_the_door_tells_every_figure_of_its_own_that_is_asked_for(door: OpenDoor) -> None:
    texts = [file.read_text() for file in monitoring.rules()] + [dashboards.written(name) for name in dashboards.ALL]

    assert door.door.metrics_port is not None
    answer = ask(door.door.metrics_port, "/metrics").body.decode()

    named = haproxys("\n".join(texts))
    assert named != set()
    assert {name for name in named if f"\n{name}" not in answer} == set()


def test_without_it_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "PROMETHEUS_PLACES", ())

    with pytest.raises(CannotStart, match=r"^Prometheus is missing: install it .*, or leave --prometheus out\.$"):
        binaries.prometheus({"PATH": "/nowhere"})


@pytest.mark.parametrize(
    ("given", "environment", "word"),
    [
        ("9090", {"FAIRGATE_PROMETHEUS_BIN": "/nowhere"}, "FAIRGATE_PROMETHEUS_BIN names /nowhere"),
        (str(FIRST), {"FAIRGATE_PROMETHEUS_BIN": "/bin/true"}, "is one of the ports that Fairgate's processes get"),
        ("70000", {}, "70000 is not in the range"),
        ("here", {}, "'here' is not a valid integer"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(
    tmp_path: Path, given: str, environment: dict[str, str], word: str
) -> None:
    command = ("up", "--data", str(tmp_path / "data"), "--port", str(free_port()), "--prometheus", given)
    refused = fairgate(*command, **environment)

    assert refused.returncode == 2
    assert word in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_port_that_is_taken_is_refused(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(CannotStart, match=rf"^Port {taken_port} is taken; give Prometheus another one"):
        Prometheus(installation(tmp_path), Path("/bin/true"), taken_port).check()


def test_a_detached_start_is_told_of_it(tmp_path: Path) -> None:
    assert "--prometheus 9191" in " ".join(_as_arguments(installation(tmp_path), Wish(prometheus=9191)))
    assert "--prometheus" not in _as_arguments(installation(tmp_path), Wish())
