"""Interpreters that have a whole core to do, and a machine that has none left."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.rules.words import count, names, size
from fairgate.doctor.scene import Scene

# Of a core, in one interpreter, over some seconds; and of the whole machine.
SATURATED, FULL = 0.85, 0.92
FREE_CORE = 0.5
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
    machine = scene.machine
    if machine.busy_cores < FULL * machine.cores:
        return
    ours = {kind: sum(one.cores for one in scene.of_kind(kind)) for kind in {one.kind for one in scene.processes}}
    used = sorted(((cores, kind) for kind, cores in ours.items() if cores >= 0.05), reverse=True)
    strangers = sum(part.cores for part in scene.others)
    evidence = [f"{machine.busy_cores:.1f} of {machine.cores} cores were busy."]
    if used:
        evidence.append(f"Ours: {names(f'{kind} {cores:.1f}' for cores, kind in used[:5])}.")
    if scene.others:
        evidence.append(f"Others: {names(f'{one.name} ({one.pid}) {one.cores:.1f}' for one in scene.others)}.")
    by_others = strangers > 0.25 * machine.cores
    yield Finding(
        "processor-full",
        Urgency.HURTS if scene.is_busy else Urgency.ADVICE,
        "Other programs use the processor that Fairgate wants" if by_others else "The processor is full",
        tuple(evidence),
        (
            f"End or move what is not Fairgate's: kill {scene.others[0].pid} ({scene.others[0].name})."
            if by_others and scene.others
            else "A larger machine, or a second one for the database: docs/operations/README.md.",
        ),
        cost=float(sum(one.waits for one in scene.door.backends) if scene.door else 0),
        is_symptom=not by_others,
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
