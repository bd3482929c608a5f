"""Which figures a text names, and which ones there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairgate import monitoring

ROOT = Path(__file__).parents[3]
MISSING = "promtool is not installed (Debian: apt-get install prometheus); what needs it is left out."
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason=MISSING)

FIGURE = re.compile(r"(?<![\w:./-])(?:fairgate|haproxy|process)_[a-z]\w*(?![\w:])")
RECORDED = re.compile(r"(?<![\w:])(?:slo|route|route_le):\w+:\w+")


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)


def figures(text: str) -> set[str]:
    """HAProxy's are its own."""
    return {name for name in FIGURE.findall(text) if not name.startswith("haproxy_")}


def haproxys(text: str) -> set[str]:
    return {name for name in FIGURE.findall(text) if name.startswith("haproxy_")}


@cache
def known() -> set[str]:
    page = (ROOT / "docs/metrics.md").read_text()
    found = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    for name in re.findall(r"^\| `(\w+)` \| histogram", page, re.MULTILINE):
        found |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    return found


@cache
def recorded() -> set[str]:
    return {rule["record"] for rule in _rules() if "record" in rule}


@cache
def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in _rules() if "alert" in rule}


def _rules() -> Iterator[dict[str, Any]]:
    for file in monitoring.rules():
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]
