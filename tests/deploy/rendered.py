"""What deploy/ comes to: the overlays as kubectl renders them, compose.yaml as it is read, and what both may name."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from fairgate.lib import env

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBECTL = Path(sysconfig.get_path("scripts"), "kubectl")
OVERLAYS = ("small", "on-sale")
SETTING = re.compile(r"\bFAIRGATE_[A-Z_]+\b")
# What the operator makes before, and what CloudNativePG makes.
SECRETS = {
    "fairgate": {
        "FAIRGATE_SECRET_KEY": "k" * 48,
        "FAIRGATE_EMAIL_URL": "smtp://user:secret@mail.example.org:587",
        "FAIRGATE_VALKEY_URL": "redis://:secret@valkey:6379/0",
        "AWS_ACCESS_KEY_ID": "olga",
        "AWS_SECRET_ACCESS_KEY": "secret",
    },
    "fairgate-valkey": {"valkey.conf": "requirepass secret\n"},
    "fairgate-db-app": {"username": "fairgate", "password": "secret"},
    "fairgate-db-ca": {"ca.crt": "-----BEGIN CERTIFICATE-----"},
    "fairgate-tls": {"tls.crt": "", "tls.key": ""},
}

Manifest = dict[str, Any]


def known_settings() -> set[str]:
    return set(SETTING.findall(Path(env.__file__).read_text()))


@cache
def overlay(name: str) -> tuple[Manifest, ...]:
    folder = DEPLOY / "kubernetes/overlays" / name
    done = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, check=True)
    return tuple(yaml.safe_load_all(done.stdout))


def of_kind(manifests: tuple[Manifest, ...], kind: str) -> dict[str, Manifest]:
    return {manifest["metadata"]["name"]: manifest for manifest in manifests if manifest["kind"] == kind}


def pods(manifests: tuple[Manifest, ...]) -> dict[str, Manifest]:
    """The pod of each Deployment, StatefulSet and Job that we write."""
    found = {}
    for kind in ("Deployment", "StatefulSet", "Job"):
        found |= {name: manifest["spec"]["template"] for name, manifest in of_kind(manifests, kind).items()}
    return found


def process(pod: Manifest) -> Manifest:
    (container,) = pod["spec"]["containers"]
    return dict(container)


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]


def environment(container: Manifest, manifests: tuple[Manifest, ...]) -> dict[str, str]:
    """As the process will see it, secrets filled in."""
    maps = {name: manifest["data"] for name, manifest in of_kind(manifests, "ConfigMap").items()}
    complete: dict[str, str] = {}
    for source in container.get("envFrom", []):
        complete |= maps[source["configMapRef"]["name"]] if "configMapRef" in source else {}
        complete |= SECRETS[source["secretRef"]["name"]] if "secretRef" in source else {}
    for variable in container.get("env", []):
        complete[variable["name"]] = _value(variable)
    return complete


def _value(variable: Manifest) -> str:
    if "value" in variable:
        return str(variable["value"])
    source = variable["valueFrom"]
    if "secretKeyRef" in source:
        return SECRETS[source["secretKeyRef"]["name"]][source["secretKeyRef"]["key"]]
    return str(source["fieldRef"]["fieldPath"])


@cache
def compose() -> Manifest:
    return dict(yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text()))
