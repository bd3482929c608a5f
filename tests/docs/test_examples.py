"""The examples of the buyer API, run as they stand against the demo."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from tests.docs.test_docs import ROOT
from tests.installed import Installed

TOOLS = ("bash", "curl", "jq")


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")
def test_a_purchase_by_the_examples(installed: Installed) -> None:
    page = (ROOT / "docs/api.md").read_text().partition("## Sending it again")[0]
    lines = re.findall(r"^ {4}(.*)$", page, re.MULTILINE)
    script = "\n".join(["set -e", *lines, 'echo "$ORDER" >&2'])
    script = script.replace("http://127.0.0.1:8000", installed.url).replace("ben@example.org", "reader@example.org")

    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)

    order = json.loads(done.stderr.strip().splitlines()[-1])
    assert (order["status"], len(order["tickets"])) == ("paid", 2)
    assert json.loads(done.stdout.strip().rpartition("\n{")[2].join(["{", ""])) == order
