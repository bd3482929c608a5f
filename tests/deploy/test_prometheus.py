"""deploy/prometheus: configurations that Prometheus accepts, true to the ports of what they ask."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairgate import monitoring
from fairgate.monitoring.tests.named import needs_promtool, promtool
from fairgate.runtime.kinds import KINDS
from tests.deploy import rendered
from tests.deploy.rendered import DEPLOY, Manifest, compose, of_kind, overlay, pods, process

FOLDER = DEPLOY / "prometheus"
KINDS_AND_DOOR = (*KINDS, "door")


def configuration(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / f"{name}.yaml").read_text()))


def jobs(name: str) -> dict[str, dict[str, Any]]:
    return {job["job_name"]: job for job in configuration(name)["scrape_configs"]}


@needs_promtool
@pytest.mark.parametrize("name", ["compose", "hosts", "kubernetes"])
def test_prometheus_accepts_it(name: str, tmp_path: Path) -> None:
    written = (FOLDER / f"{name}.yaml").read_text()
    # Debian builds its Prometheus without Kubernetes, so how pods are listed is read by eye; the rest is checked.
    written = re.sub(r"kubernetes_sd_configs: .*", "static_configs: []", written)
    (tmp_path / "prometheus.yml").write_text(written)
    shutil.copytree(monitoring.rules()[0].parent, tmp_path / "rules")

    checked = promtool("check", "config", tmp_path / "prometheus.yml")

    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count("rules found") == len(monitoring.rules())


@pytest.mark.parametrize("name", ["compose", "hosts", "kubernetes"])
def test_figures_that_nobody_reads_are_left_out(name: str) -> None:
    told = [job["metric_relabel_configs"] for job in configuration(name)["scrape_configs"] if "door" in str(job)]

    assert told == [[monitoring.DROPPED]]


def test_containers_are_asked_by_their_names_where_they_listen() -> None:
    services = compose()["services"]
    listens = {kind: int(services[kind]["command"][-1].rpartition(":")[2]) for kind in KINDS_AND_DOOR}
    found = {name: job["dns_sd_configs"][0] for name, job in jobs("compose").items()}

    assert {name: (it["names"], it["type"], it["port"]) for name, it in found.items()} == {
        kind: ([kind], "A", port) for kind, port in listens.items()
    }
    assert services["door"]["command"][-1] == "--metrics=0.0.0.0:8404"


def test_its_container_finds_its_configuration_and_the_rules() -> None:
    service = yaml.safe_load((DEPLOY / "compose/compose.prometheus.yaml").read_text())["services"]["prometheus"]
    mounted = [volume.split(":") for volume in service["volumes"]]
    places = {(DEPLOY / "compose" / source).resolve(): target for source, target, *_ in mounted if "/" in source}

    assert places == {
        FOLDER / "compose.yaml": "/etc/prometheus/prometheus.yml",
        monitoring.rules()[0].parent: "/etc/prometheus/rules",
    }
    assert service["ports"] == ["127.0.0.1:9090:9090"]


def test_hosts_are_asked_where_their_units_listen() -> None:
    unit = (DEPLOY / "hosts/fairgate@.service").read_text()
    listens = dict(re.findall(r"\b(\w+)=(80\d\d)\b", unit)) | {"door": "8404"}
    asked = {name: {it.rpartition(":")[2] for it in _addresses(job)} for name, job in jobs("hosts").items()}
    page = (DEPLOY.parent / "docs/operations/README.md").read_text()

    assert asked == {kind: {port} for kind, port in listens.items()}
    assert set(listens) == set(KINDS_AND_DOOR)
    assert {it.rpartition(":")[0] for job in jobs("hosts").values() for it in _addresses(job)} <= set(
        re.findall(r"\| (10\.77\.0\.\d+)", page)
    )


def _addresses(job: dict[str, Any]) -> list[str]:
    return list(job["static_configs"][0]["targets"])


@pytest.mark.parametrize("name", rendered.OVERLAYS)
def test_each_pod_that_tells_figures_is_asked_once(name: str) -> None:
    (job,) = jobs("kubernetes").values()
    kept = re.compile(job["relabel_configs"][0]["regex"])
    asked = {
        kind: [port["containerPort"] for port in _ports(pod) if kept.fullmatch(f"{_component(pod)};{port['name']}")]
        for kind, pod in pods(overlay(name)).items()
    }

    assert {kind: ports for kind, ports in asked.items() if ports} == {
        **{kind: [_ports(pods(overlay(name))[kind])[0]["containerPort"]] for kind in KINDS},
        "door": [8404],
    }
    assert process(pods(overlay(name))["door"])["args"][-1] == "--metrics=0.0.0.0:8404"


def _ports(pod: Manifest) -> list[dict[str, Any]]:
    return list(process(pod).get("ports", []))


def _component(pod: Manifest) -> str:
    return str(pod["metadata"]["labels"].get("app.kubernetes.io/component"))


@pytest.mark.parametrize("name", rendered.OVERLAYS)
def test_prometheus_alone_is_let_in_to_all_of_them(name: str) -> None:
    spec = of_kind(overlay(name), "NetworkPolicy")["figures"]["spec"]
    (selected,) = spec["podSelector"]["matchExpressions"]
    ((entry),) = spec["ingress"]
    chosen = {kind for kind, pod in pods(overlay(name)).items() if _component(pod) in selected["values"]}
    named = {port["name"] for kind in KINDS_AND_DOOR for port in _ports(pods(overlay(name))[kind])}

    assert chosen == set(KINDS_AND_DOOR)
    assert {port["port"] for port in entry["ports"]} == named == {"http", "metrics"}
    assert [it["namespaceSelector"]["matchLabels"] for it in entry["from"]] == [
        {"kubernetes.io/metadata.name": "monitoring"}
    ]
