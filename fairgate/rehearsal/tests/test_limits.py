from __future__ import annotations

from dataclasses import replace

from fairgate.rehearsal.limits import Limits, judge
from fairgate.rehearsal.tests.planted import loser, told
from fairgate.rehearsal.told import Told

# Half of them in the busiest ten seconds, the others much later.
CAME = [loser(float(second % 10)) for second in range(50)] + [loser(100.0 + 20 * number) for number in range(50)]
SEEN = told(*sorted(CAME, key=lambda fate: fate.came))


def test_an_idle_machine_limits_nothing() -> None:
    assert _judge({"web": 1.0}).says == ["Nothing: no processor, no line and no pool was full."]


def test_what_runs_elsewhere_is_not_judged() -> None:
    (sentence,) = judge(SEEN, [], cores=2, processes={}, door={}, waits={}).says

    assert sentence.startswith("Unknown: the processes do not run on this machine")


def test_full_processors_are_named_with_who_used_them() -> None:
    (sentence,) = _judge({"web": 9.0, "postgres": 8.0, "buyers": 2.0}).says

    assert (
        sentence == "The machine's processors: 95% busy in the busiest 10 seconds (web 45%, postgres 40%, buyers 10%)."
    )


def test_one_process_that_is_full_is_named_with_what_helps() -> None:
    (sentence,) = _judge({"stock": 9.5}).says

    assert sentence == "Stock used 95% of a processor for each of its processes: `fairgate scale stock=2`."


def test_other_programs_are_blamed_for_what_they_took() -> None:
    says = _judge({"web": 2.0, "other programs": 16.0}).says

    assert [sentence.partition(",")[0] for sentence in says] == [
        "The machine's processors: 90% busy in the busiest 10 seconds (other programs 80%",
        "Other programs on this machine",
    ]


def test_lines_and_pools_are_named() -> None:
    door = {
        "web": {"requests": 1000, "told_to_wait": 20, "queue_p95_ms": 500.0},
        "stock": {"requests": 1000, "told_to_wait": 0, "queue_p95_ms": 220.0},
    }
    waits = {"web": {"had_to_wait": 7.0, "waited_s": 12.5, "got_none": 0.0}, "gate": {"had_to_wait": 0.0}}

    assert _judge({}, door=door, waits=waits).says == [
        "Web had no room for 2.0% of its requests, which were told to come again.",
        "Requests stood in line for stock: one in twenty for 220 ms or longer.",
        "Web waited 12.5 s in all for connections to the database, and got none 0 times.",
    ]


def test_waiting_that_the_door_knows_nothing_of_is_for_its_connections() -> None:
    waited = replace(SEEN, notes=[(0, 0, 1.0, 9_000.0, 200)] * 3)

    (sentence,) = _judge({}, seen=waited, door={"door": {"requests": 3, "p50_ms": 700.0}}).says

    assert sentence.startswith("Connections: half of all requests waited 8,300 ms or longer before the door took them.")


def test_a_rehearsal_that_is_late_says_so() -> None:
    late = replace(SEEN, each_second=[{"late_ms": 2_300.0}])

    (sentence,) = _judge({}, seen=late).says

    assert "up to 2.3 s late" in sentence


def test_how_many_it_bears_by_the_utilization_law() -> None:
    # 100 buyers cost 8 seconds in all: 80 ms each. Half come in ten seconds: 0.8 * 2 * 10 s / (0.5 * 0.08 s).
    judged = _judge({"web": 8.0, "buyers": 5.0, "other programs": 1.0})

    assert (judged.bears, judged.bears_by) == (400, "the machine's processors")
    assert judged.cpu_ms_a_buyer == {"web": 80.0}


def test_the_process_that_is_full_first_decides() -> None:
    judged = _judge({"web": 1.0, "stock": 7.0})

    assert (judged.bears, judged.bears_by) == (228, "stock")


def test_of_processes_elsewhere_nothing_is_known() -> None:
    judged = judge(SEEN, [], cores=1, processes={}, door={}, waits={})

    assert (judged.bears, judged.bears_by) == (None, "")


def _judge(
    spent: dict[str, float],
    *,
    seen: Told = SEEN,
    door: dict[str, dict[str, float]] | None = None,
    waits: dict[str, dict[str, float]] | None = None,
) -> Limits:
    """Two processors for ten seconds."""
    samples = [(0.0, {}), (10.0, spent)]
    return judge(seen, samples, cores=2, processes={"web": 1, "stock": 1}, door=door or {}, waits=waits or {})
