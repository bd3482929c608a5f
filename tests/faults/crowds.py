"""Both crowds, visitors by HTTP and insiders by lanes, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from fairgate.testing.waiting import wait_until
from tests.faults.errand import Errand, Offer
from tests.faults.gauge import By, Gauge
from tests.faults.site import ROOT, Site

# How many of each. Those who wait together are served together, so many cost little.
MANY = (160, 128)
SELLS_AGAIN = 10
SELLS_AGAIN_S = 90.0
ENDS_S = 150.0
SOON_S = 5.0


def make_offer(site: Site, name: str) -> Offer:
    child = _start(site, "insiders", "open", name, log=site.folder / "open.log")
    answer, _ = child.communicate(timeout=60)
    assert child.returncode == 0, (site.folder / "open.log").read_text()
    facts = json.loads(answer.splitlines()[-1])
    return Offer(**{**facts, "seats": tuple(facts["seats"])})


class Crowds:
    def __init__(self, site: Site, offer: Offer, seed: int, folder: Path, clients: tuple[int, int]) -> None:
        self._children: dict[str, subprocess.Popen[str]] = {}
        self._folder = folder
        self._gauges = {name: Gauge(folder / f"{name}.gauge") for name in ("visitors", "insiders")}
        for name, count in zip(("visitors", "insiders"), clients, strict=True):
            errand = Errand(offer, seed, count, site.port, str(self.history(name)), str(folder / f"{name}.gauge"))
            words = ["sell", errand.as_argument()] if name == "insiders" else [errand.as_argument()]
            self._children[name] = _start(site, name, *words, log=self._log(name))

    def history(self, name: str) -> Path:
        return self._folder / f"{name}.jsonl"

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def __enter__(self) -> Crowds:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children.values():
            child.kill()
            child.communicate()

    def in_flight(self, target: str) -> int:
        """By HTTP; those that this process answers, or all when they all depend on it."""
        by = [one for one in By if target.startswith(one.name.lower())]
        return self._gauges["visitors"].in_flight(*by)

    def await_in_flight(self, target: str) -> int:
        """Somebody soon waits for it; if nobody does, say so."""
        deadline = time.monotonic() + SOON_S
        while not (found := self.in_flight(target)) and time.monotonic() < deadline:
            time.sleep(0.001)
        return found

    @property
    def operations(self) -> int:
        return sum(gauge.operations for gauge in self._gauges.values())

    def done(self) -> tuple[int, ...]:
        for name, child in self._children.items():
            assert child.poll() is None, self._log(name).read_text()
        return tuple(gauge.done for gauge in self._gauges.values())

    def wait_until_served(self) -> None:
        """Until both crowds got some more of what they asked for."""
        wanted = [done + SELLS_AGAIN for done in self.done()]
        wait_until(
            lambda: all(done >= least for done, least in zip(self.done(), wanted, strict=True)),
            SELLS_AGAIN_S,
            "nothing is sold any more",
        )

    def stop(self) -> None:
        """All get their last answers, then all is canceled and given back."""
        visitors, insiders = self._children["visitors"], self._children["insiders"]
        for child in (visitors, insiders):
            _tell(child)
        assert visitors.wait(ENDS_S) == 0, self._log("visitors").read_text()
        _tell(insiders)
        assert insiders.wait(ENDS_S) == 0, self._log("insiders").read_text()


def _start(site: Site, name: str, *words: str, log: Path) -> subprocess.Popen[str]:
    with log.open("w") as said:
        return subprocess.Popen(
            [sys.executable, "-m", f"tests.faults.{name}", *words],
            cwd=ROOT,
            env=site.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if name == "insiders" and words[0] == "open" else said,
            stderr=said,
            text=True,
        )


def _tell(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()
