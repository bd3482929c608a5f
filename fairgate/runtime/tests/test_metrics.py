"""What the processes of a running installation tell Prometheus."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from fairgate.core.audit import RULES
from fairgate.lib.metrics.tests.page import rows
from fairgate.runtime.tests.asking import ask
from fairgate.runtime.tests.running import Running, descendants
from fairgate.testing.waiting import wait_until

KINDS = ("web", "stock", "gate", "worker", "beat", "relay")
# What Prometheus itself adds to a histogram, and we to what several interpreters tell.
OURS = {"le", "worker"}


def told(running: Running, kind: str) -> str:
    answer = ask(running.status()[f"{kind}-1"]["port"], "/metrics")

    assert (answer.status, answer.headers["content-type"][:25]) == (200, "text/plain; version=0.0.4")
    return answer.body.decode()


def families(text: str) -> dict[str, Metric]:
    """By the name that stands on the page."""
    found = text_string_to_metric_families(text)
    return {family.name + ("_total" if family.type == "counter" else ""): family for family in found}


def values(running: Running, kind: str, name: str) -> dict[tuple[str, ...], float]:
    """Of a figure by its labels, added up over the interpreters."""
    sums: dict[tuple[str, ...], float] = {}
    for family in families(told(running, kind)).values():
        for sample in family.samples:
            if sample.name == name:
                labels = tuple(value for label, value in sample.labels.items() if label not in OURS)
                sums[labels] = sums.get(labels, 0) + sample.value
    return sums


def test_what_is_told_is_what_the_page_says(running: Running) -> None:
    told_by: dict[str, set[str]] = {}
    for kind in KINDS:
        for name in families(told(running, kind)):
            told_by.setdefault(name, set()).add(kind)

    assert told_by == {name: set(row.told_by) for name, row in rows().items()}


def test_labels_are_those_of_the_page(running: Running) -> None:
    described = rows()

    surplus = {
        (name, label)
        for kind in KINDS
        for name, family in families(told(running, kind)).items()
        for sample in family.samples
        for label in {*sample.labels} - OURS - {*described[name].labels}
    }

    assert surplus == set()


@pytest.mark.parametrize("kind", KINDS)
def test_promtool_finds_nothing_to_say(running: Running, kind: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("There is no promtool here; Debian has it in the package prometheus.")

    checked = subprocess.run(
        [promtool, "check", "metrics"], input=told(running, kind), capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_requests_are_counted_by_template_whoever_asks_for_what(running: Running) -> None:
    secret = "mallory@example.org"
    before = values(running, "web", "fairgate_http_requests_total")

    for number in range(5):
        ask(running.status()["web-1"]["port"], f"/nobody-{number}/{secret}/")
    ask(running.status()["web-1"]["port"], f"/{secret}", "BREW")

    after = values(running, "web", "fairgate_http_requests_total")
    grown = {labels: count - before.get(labels, 0) for labels, count in after.items() if count != before.get(labels, 0)}
    assert sum(grown.values()) == 6
    assert len(after) <= len(before) + 2
    assert secret not in told(running, "web")
    assert {"GET", "other", "4xx"} <= {word for labels in grown for word in labels}


def test_nothing_that_is_told_is_a_secret_or_a_person(running: Running) -> None:
    secrets = [path.read_text().strip() for path in (running.data / "secrets").iterdir()]

    everything = "".join(told(running, kind) for kind in KINDS)

    assert [secret for secret in secrets if secret in everything] == []
    assert re.findall(r'"[^"]*@[^"]*"', everything) == []


def test_nothing_is_told_through_the_door(running: Running) -> None:
    assert ask(running.port, "/metrics").status == 404


def test_a_worker_tells_what_its_children_did_and_goes_on_when_one_is_killed(running: Running) -> None:
    parent = running.status()["worker-1"]["pid"]
    child = descendants(parent)[0]
    wanted = only(values(running, "worker", "fairgate_interpreters_wanted"))
    wait_until(lambda: only(values(running, "worker", "fairgate_interpreters")) == wanted, why="not all told")

    os.kill(child, signal.SIGKILL)

    wait_until(lambda: child not in descendants(parent))
    wait_until(lambda: only(values(running, "worker", "fairgate_interpreters")) == wanted, why="no new one told")
    assert wanted == len(descendants(parent)) + 1


def test_beat_tells_of_postgres_valkey_and_the_books(running: Running) -> None:
    sources = {("postgres",): 1, ("valkey",): 1, ("invariants",): 1}
    wait_until(lambda: values(running, "beat", "fairgate_source_up") == sources, why="not all looked at")

    assert values(running, "beat", "fairgate_invariant_differences") == {(rule,): 0 for rule in RULES}
    assert values(running, "beat", "fairgate_postgres_connections")[("idle",)] > 0
    assert ("stock_quota",) in values(running, "beat", "fairgate_postgres_live_tuples")


def test_the_relay_tells_what_waits(running: Running) -> None:
    sources = {("outbox",): 1, ("broker",): 1}
    wait_until(lambda: values(running, "relay", "fairgate_source_up") == sources, why="not all looked at")

    assert values(running, "relay", "fairgate_outbox_messages").keys() == {("new",), ("tried",), ("parked",)}
    assert values(running, "relay", "fairgate_queue_messages").keys() == {("effects",), ("housekeeping",)}


def only(found: Mapping[tuple[str, ...], float]) -> float:
    (value,) = found.values()
    return value
