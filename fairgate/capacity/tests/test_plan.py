"""What so many buyers need: enough, by counts that can be had, and never less for more buyers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairgate.capacity import crowd, plan
from fairgate.capacity.costs import PURCHASES, Check, Reference, checks, reference
from fairgate.capacity.plan import Ask, Plan
from fairgate.lib import env
from fairgate.runtime import connections

# Round figures: a purchase costs web 10 ms, everything else 5, and what was foretold came true.
COSTS = {"web": 10.0, "stock": 1.0, "door": 1.0, "postgres": 1.0, "relay": 0.1, "valkey": 0.1, "worker": 0.0}
NOTHING = dict.fromkeys(COSTS, 0.0)
ACTIONS = dict.fromkeys((*plan.BEHAVIOR, "event page, not kept"), NOTHING) | {"order": COSTS}
ROUND = Reference("a machine", 1, 2, 0.0, ACTIONS, {}, dict.fromkeys((*COSTS, "gate"), 100.0), 3_000, 7_000)
TRUE = tuple(Check(PURCHASES, n, 10.0 * n, 10.0 * n) for n in (1, 2, 4))
ASK = Ask(buyers=60_000, minutes=10, cores=64, web_workers=1, worker_children=1)


def test_web_processes_follow_from_the_utilization_law() -> None:
    """100 orders a second of 10 ms are one core; none is planned fuller than 70 %, so two."""
    in_time, at_once = plan.plans(ASK, ROUND, TRUE)

    assert in_time.rate == 100
    assert in_time.counts["web"] == 2
    assert in_time.utilization["web"] == pytest.approx(0.5)
    assert at_once.rate == pytest.approx(60_000 * crowd.busiest_minute(600) / 60)
    assert at_once.counts["web"] == 10
    assert at_once.longest_wait_s == 0


def test_what_was_foretold_too_well_is_planned_for() -> None:
    too_well = tuple(replace(check, measured=check.measured / 1.5) for check in TRUE)

    assert plan.error(ROUND, too_well, ASK) == pytest.approx(0.5)
    assert plan.plans(ASK, ROUND, too_well)[0].counts["web"] == 3


def test_a_slower_machine_needs_more_and_its_speed_is_not_known_for_sure() -> None:
    slower = replace(ASK, slower=2.0)

    assert plan.plans(slower, ROUND, TRUE)[0].counts["web"] == 4
    assert plan.error(ROUND, TRUE, slower) == pytest.approx(plan.SPEED_ERROR)


def test_what_scales_worse_needs_more_processes() -> None:
    contended = tuple(Check(PURCHASES, n, x, x) for n, x in ((1, 10.0), (2, 15.0), (4, 20.0)))

    assert plan.plans(ASK, ROUND, contended)[0].counts["web"] == 2 < plan.plans(ASK, ROUND, contended)[1].counts["web"]
    assert plan.plans(ASK, ROUND, contended)[1].beyond == "web"


def test_the_busiest_part_is_named_first_and_what_is_beyond_reach_is_said() -> None:
    too_many = replace(ASK, buyers=2_000_000)

    planned = plan.plans(too_many, ROUND, TRUE)[0]

    assert planned.bottlenecks[0][0] == "web"
    assert planned.beyond == "web"
    assert planned.highest_rate == pytest.approx(16 * 70)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 200_000), st.floats(1, 120), st.integers(1, 32), st.floats(1.0, 4))
def test_more_buyers_never_need_less(buyers: int, minutes: float, cores: int, times: float) -> None:
    ask = Ask(buyers, minutes, cores, 1, 1)

    pairs = zip(_plans(ask), _plans(replace(ask, buyers=int(buyers * times))), strict=True)

    for fewer, more in pairs:
        assert more.counts["web"] >= fewer.counts["web"]
        assert more.cores >= fewer.cores * 0.999
        assert more.machines >= fewer.machines


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 500_000), st.floats(0.5, 120), st.integers(1, 64))
def test_a_plan_that_is_not_beyond_reach_fits(buyers: int, minutes: float, cores: int) -> None:
    for planned in _plans(Ask(buyers, minutes, cores, 1, 1)):
        if not planned.beyond:
            assert max(planned.utilization.values()) <= plan.FULL + 1e-6
            assert planned.cores <= planned.machines * cores


def _plans(ask: Ask) -> list[Plan]:
    return plan.plans(ask, reference(), checks())


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def capacity(tmp_path: object) -> Run:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "fairgate", "capacity", "--data", f"{tmp_path}", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    return run


def test_json_is_one_object_that_scripts_can_rely_on(capacity: Run) -> None:
    done = capacity("--buyers", "5000", "--minutes", "10", "--cores", "16", "--json")

    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert sorted(told) == [
        "buyers", "cores_of_a_machine", "database", "error", "minutes", "plans", "reference", "slower", "tickets",
    ]  # fmt: skip
    assert sorted(told["database"]) == ["disk_mb", "wal_mb", "wal_mb_per_s"]
    assert [each["name"] for each in told["plans"]] == ["in time", "at once"]
    for each in told["plans"]:
        assert sorted(each) == [
            "beyond", "bottlenecks", "command", "connections", "cores", "cores_by_kind", "highest_orders_per_s",
            "longest_wait_s", "machines", "memory_mb", "name", "orders_per_s", "processes",
        ]  # fmt: skip
        assert sorted(each["bottlenecks"][0]) == ["kind", "lever", "utilization"]


def test_a_command_that_is_told_has_counts_that_up_accepts(capacity: Run) -> None:
    """So many times four interpreters would take more connections than there are, so threads are fewer."""
    told = json.loads(capacity("--buyers", "25000", "--minutes", "10", "--cores", "64", "--json").stdout)

    for each in told["plans"]:
        *environment, _fairgate, _up = each["command"].partition(" --")[0].split()
        threads = int(dict(word.split("=") for word in environment).get("FAIRGATE_WEB_THREADS", 8))
        chosen = replace(env.settings(), web_workers=4, worker_children=4, web_threads=threads)
        connections.check(each["processes"], chosen, connections.of_our_own())


def test_people_get_a_table_a_command_and_the_error(capacity: Run) -> None:
    said = " ".join(capacity("--buyers", "1000", "--minutes", "30").stdout.split())

    assert "fairgate up --web 1 --stock 1 --gate 1 --worker 1" in said
    assert "±" in said


def test_too_many_for_any_installation_is_a_failed_check(capacity: Run) -> None:
    done = capacity("--buyers", "50000000", "--minutes", "1")

    assert done.returncode == 1
    assert "Too much for one installation" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--minutes", "5"),
        ("--buyers", "5"),
        ("--buyers", "0", "--minutes", "5"),
        ("--buyers", "5", "--minutes", "0"),
        ("--buyers", "5", "--minutes", "nan"),
        ("--buyers", "many", "--minutes", "5"),
        ("--buyers", "5", "--minutes", "5", "--cores", "0"),
    ],
)
def test_wrong_use_is_one_sentence(capacity: Run, words: tuple[str, ...]) -> None:
    done = capacity(*words)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("fairgate: ")
    assert done.stderr.count("\n") == 1
