"""Interpreters that have a whole core to do, and a machine that has none left."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.looks.processes import Part
from fairgate.doctor.rules.words import count, names, seconds, size
from fairgate.doctor.scene import Scene

# Of a core, in one interpreter, over some seconds; and of the whole machine.
SATURATED, FULL = 0.85, 0.92
FREE_CORE = 0.5
# Of the machine: what others use is worth a lever, one of them worth a line.
FOREIGN, LARGE = 0.25, 0.1
# What a visitor notices, in line and for an answer; and so many in line are no accident.
WAIT_MS, ANSWER_MS, CROWD = 200, 1000, 10
WAITING = ("fairgate_turns_waiting", "fairgate_pool_requests_waiting", "fairgate_lane_requests_waiting")
# How many processes of one kind the door has places for.
MOST = 16
SCALED = ("web", "stock", "gate", "worker")
SCARCE = 0.04


def interpreters(scene: Scene) -> Iterator[Finding]:
    """All of a kind: while one of them has time, another one would gain nothing."""
    has_core = scene.machine.cores - scene.machine.busy_cores >= FREE_CORE
    for kind in SCALED:
        processes = scene.of_kind(kind)
        wanted = len(processes) * _interpreters(scene, kind)
        busy = [part.cores for process in processes for part in process.parts if part.cores >= SATURATED]
        if not processes or len(busy) < wanted:
            continue
        waits = _waits(scene, kind)
        levers = [scene.command(f"scale {kind}={len(processes) + 1}")] if len(processes) < MOST else []
        yield Finding(
            "interpreter-saturated",
            Urgency.HURTS if scene.is_busy or waits else Urgency.ADVICE,
            f"{kind} works as fast as {count(wanted, 'interpreter')} can",
            (
                f"Each interpreter of {kind} used {min(busy):.2f} cores or more; one cannot use more than 1.",
                f"{count(waits, 'request')} waited in the door for {kind}.",
                f"The machine has {scene.machine.cores} cores, of which {scene.machine.busy_cores:.1f} were busy.",
            ),
            tuple(levers)
            if has_core
            else (*levers, "It gains little on this machine, which has no core free: see there."),
            cost=max(1.0, waits),
        )


def processor(scene: Scene) -> Iterator[Finding]:
    """A machine may be full and everybody served in time: it hurts when somebody waits."""
    machine = scene.machine
    if machine.busy_cores < FULL * machine.cores or scene.own_cores > machine.busy_cores / 2:
        return
    ours = {kind: sum(one.cores for one in scene.of_kind(kind)) for kind in {one.kind for one in scene.processes}}
    used = sorted(((cores, kind) for kind, cores in ours.items() if cores >= 0.05), reverse=True)
    strangers = sum(part.cores for part in scene.others)
    by_others = strangers >= FOREIGN * machine.cores
    slow = _slow(scene)
    yield Finding(
        "processor-full",
        Urgency.HURTS if slow else Urgency.ADVICE,
        f"The processor is full: other programs use {strangers:.1f} of its {count(machine.cores, 'core')}"
        if by_others
        else "The processor is full",
        (
            f"{machine.busy_cores:.1f} of {count(machine.cores, 'core')} were busy: Fairgate used"
            f" {sum(ours.values()):.1f}, other programs {strangers:.1f}.",
            *([f"Fairgate's: {names(f'{kind} {cores:.1f}' for cores, kind in used[:5])}."] if used else []),
            *(_told(part) for part in scene.others if part.cores >= LARGE * machine.cores),
            *(slow or ["No request waits for it, and no answer is slow."]),
        ),
        _levers(scene) if by_others else ("A larger machine, or a second one for the database.",),
        cost=float(sum(one.waits for one in scene.door.backends) if scene.door else 0),
        is_symptom=not by_others,
    )


def _slow(scene: Scene) -> list[str]:
    """Requests that wait, or answers that take long, as the door and the processes count them."""
    found = []
    for way in scene.door.backends if scene.door else ():
        kind = way.name.split("_")[0]
        if way.waits and (way.queue_ms >= WAIT_MS or way.waits > CROWD):
            found.append(f"{count(way.waits, 'request waits', 'requests wait')} in the door for {kind}.")
        elif way.requests > scene.between_s and way.answer_ms >= ANSWER_MS:
            found.append(f"Answers of {kind} take {seconds(way.answer_ms / 1000)}.")
    for figures in scene.figures:
        if waiting := sum(figures.total(name) for name in WAITING):
            found.append(f"{count(waiting, 'request waits', 'requests wait')} in {figures.process}.")
    return found


def _told(part: Part) -> str:
    return f"Other: {part.cores:.1f} of pid {part.pid}, user {part.user or 'unknown'}: {part.command or part.name}"


def _levers(scene: Scene) -> tuple[str, ...]:
    """Only of what alone takes much: whoever ends something small has gained nothing and lost it."""
    large = [part for part in scene.others if part.cores >= FOREIGN * scene.machine.cores][:1]
    if not large:
        return ("Many small programs share this machine with Fairgate: move them, or Fairgate, to another one.",)
    return tuple(
        f"renice -n 19 -p {part.pid}   # lets Fairgate go first; end or move it only if nobody needs it"
        for part in large
    )


def memory(scene: Scene) -> Iterator[Finding]:
    machine = scene.machine
    if machine.available_mb < SCARCE * machine.memory_mb:
        yield Finding(
            "memory-short",
            Urgency.HURTS,
            "The machine is about to run out of memory",
            (f"{size(machine.available_mb * 1e6)} of {size(machine.memory_mb * 1e6)} are left.",),
            (
                "ps -eo pid,rss,args --sort -rss | head   # who has it",
                "Fewer interpreters (FAIRGATE_WEB_WORKERS, FAIRGATE_WORKER_CHILDREN) or processes (`fairgate scale`).",
            ),
            cost=5,
        )


RULES = (interpreters, processor, memory)


def _interpreters(scene: Scene, kind: str) -> int:
    return {"web": scene.settings.web_workers, "worker": scene.settings.worker_children}.get(kind, 1)


def _waits(scene: Scene, kind: str) -> float:
    if kind == "worker":
        return float(sum(queue.waiting for queue in scene.stores.queues or ()))
    return float(sum(one.waits for one in scene.door.backends if one.name.split("_")[0] == kind) if scene.door else 0)
