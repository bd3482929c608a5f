"""The image: what its recipe copies is there, what it installs is whole, and a linter finds nothing."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

from tests.deploy.rendered import DEPLOY

ROOT = DEPLOY.parent
RECIPE = DEPLOY / "Containerfile"
HADOLINT = Path(sysconfig.get_path("scripts"), "hadolint")


def test_the_linter_finds_nothing() -> None:
    done = subprocess.run([HADOLINT, RECIPE], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", RECIPE.read_text(), re.MULTILINE)
        for word in line.split()
    ]

    assert ignored[0] == "*"
    assert {f"!{path}" for path in copied} == {line for line in ignored if line.startswith("!")}
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_it_takes_nothing_that_is_not_locked() -> None:
    installs = re.findall(r"pip install (.*?)(?: \\)?$", RECIPE.read_text(), re.MULTILINE)

    assert [install for install in installs if "--require-hashes" not in install and "--no-deps" not in install] == []
    assert "--hash=sha256:" in (ROOT / "requirements.lock").read_text()


def test_it_does_not_run_as_root() -> None:
    last = RECIPE.read_text().rpartition("\nFROM ")[2]

    assert re.findall(r"^USER (\d+):(\d+)$", last, re.MULTILINE) == [("10001", "10001")]


def test_the_installed_package_is_whole(tmp_path: Path) -> None:
    """Also what is no Python: SQL, templates, styles, the door's configuration."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*command, tmp_path, ROOT], check=True, cwd=tmp_path)
    tracked = subprocess.run(["git", "ls-files", "fairgate"], cwd=ROOT, capture_output=True, text=True, check=True)

    (wheel,) = tmp_path.glob("fairgate-*.whl")
    missing = {*tracked.stdout.split()} - {*ZipFile(wheel).namelist()}
    assert {name for name in missing if (ROOT / name).exists()} == set()
