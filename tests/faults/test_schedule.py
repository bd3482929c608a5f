"""A sale on a whole installation with a standby, and one fault of each kind in the middle of it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from tests.faults import clocks, rounds
from tests.faults.schedule import TARGETS, Act, faults, one_of_each
from tests.faults.site import Site
from tests.installed import NO_DIFFERENCES

LONGEST_S, CALM_S = 1.5, 1.0
CLIENTS = (32, 16)


def test_a_schedule_follows_from_its_seed_and_leaves_nothing_out() -> None:
    each = {(act, target) for act, targets in TARGETS.items() for target in targets}

    planned = faults(7, 2 * len(each), longest_s=8)

    assert planned == faults(7, 2 * len(each), longest_s=8)
    assert planned != faults(8, 2 * len(each), longest_s=8)
    for half in (planned[: len(each)], planned[len(each) :]):
        assert {(fault.act, fault.target) for fault in half} == each
    assert {fault.act for fault in one_of_each(7, longest_s=2)} == set(Act)


@pytest.mark.timeout(300)
def test_no_promise_is_broken_by_a_fault_of_each_kind(tmp_path: Path) -> None:
    seed = int(os.environ.get("FAIRGATE_FAULT_SEED") or secrets.randbits(32))
    print(f"FAIRGATE_FAULT_SEED={seed}")
    planned = [
        fault
        for fault in one_of_each(seed, longest_s=LONGEST_S, calm_s=CALM_S)
        if fault.act != Act.CLOCK or clocks.are_available()
    ]

    with Site(tmp_path) as site:
        told = rounds.run(site, "under-faults", seed, planned, tmp_path / "round", clients=CLIENTS)
        differences = site.installed.audit()

    assert told.wrong == []
    assert [one.fault for one in told.inflicted] == planned
    assert min(one.in_flight for one in told.inflicted) > 0
    assert told.by_http["hold", "done"] > 0
    assert told.by_http["hold", "sold-out"] > 0
    assert differences == NO_DIFFERENCES
