"""Processes that are down, stopped, silent or dying."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.looks.processes import Process
from fairgate.doctor.rules.words import count, names, seconds
from fairgate.doctor.scene import Scene

# Without one of these nothing is sold.
VITAL = ("door", "web", "postgres")
OFTEN, YOUNG_S = 3, 600.0
MEANS = {
    "postgres": "Nothing can be kept or ordered without the database.",
    "valkey": "Mail and other effects wait, and public pages cost the database more.",
    "memcached": "Public pages cost the database more.",
    "web": "Its visitors are sent to the other web processes, or get 503 if there is none.",
    "stock": "Web keeps places instead, slower.",
    "gate": "Its scans are sent to the other gate processes, or get 503 if there is none.",
    "worker": "Mail and other effects wait in the outbox.",
    "relay": "Effects wait in the outbox, and expired places return only when somebody asks for them.",
    "beat": "Nothing is tidied up, and the books are not checked.",
    "door": "Nobody gets in.",
    "standby": "There is a copy of the database less; with --synchronous and no other, all that is bought waits.",
    "archive": "What happens now can not be restored by `fairgate restore --at`.",
}


def supervisor(scene: Scene) -> Iterator[Finding]:
    if scene.supervisor_error:
        yield Finding(
            "supervisor-silent",
            Urgency.HURTS,
            "The supervisor does not answer: what ends is not started again",
            (scene.supervisor_error,),
            (
                f"grep -a . {scene.installation.logs}/supervisor.log | tail",
                f"fuser {scene.installation.run}/lock   # its number; then: kill -CONT NUMBER",
            ),
            cost=1,
        )


def down(scene: Scene) -> Iterator[Finding]:
    for process in scene.processes:
        if process.state in ("ready", "silent") or (process.kind, process.state) == ("archive", "starting"):
            continue
        log = f"tail -50 {scene.installation.logs}/{_log(process)}"
        yield Finding(
            "process-down",
            _urgency(scene, process),
            f"{process.name} is down",
            (
                f"`fairgate status` says {process.state}, after {count(process.restarts, 'restart')}.",
                MEANS.get(process.kind, ""),
            ),
            (f"{log}   # says why it ended; it is tried again at least every 30 s",),
            cost=_waiting_for(scene, process),
        )


def stopped(scene: Scene) -> Iterator[Finding]:
    """By a signal or a debugger: such a process is there and does nothing."""
    for process in scene.processes:
        if parts := process.stopped:
            pids = " ".join(str(part.pid) for part in parts)
            which = "it" if parts[0].pid == process.pid else f"{len(parts)} of its {len(process.parts)} processes"
            yield Finding(
                "process-stopped",
                _urgency(scene, process),
                f"{process.name} stands still: {which} was stopped by a signal (SIGSTOP) or a debugger",
                (
                    f"State T in /proc of {names(f'{part.name} {part.pid}' for part in parts[:4])}.",
                    *_work(scene, process),
                ),
                (
                    f"kill -CONT {pids}   # goes on where it stood",
                    f"kill -KILL {pids}   # or: is started anew; what it was doing is repeated or told as lost",
                ),
                cost=1 + _waiting_for(scene, process),
            )


def silent(scene: Scene) -> Iterator[Finding]:
    for process in scene.processes:
        if process.state == "silent" and not process.stopped and not _has_answered(scene, process):
            yield Finding(
                "process-silent",
                _urgency(scene, process),
                f"{process.name} runs but does not answer",
                (
                    f"No answer on port {process.port} within 1 s; it used {process.cores:.2f} cores meanwhile.",
                    *_work(scene, process),
                ),
                (
                    f"tail -50 {scene.installation.logs}/{_log(process)}",
                    f"kill -KILL {process.pid}   # it is started anew",
                ),
                cost=1 + _waiting_for(scene, process),
                # Its readiness may wait for another.
                is_symptom=any(one.stopped for one in scene.processes),
            )


def _has_answered(scene: Scene, process: Process) -> bool:
    """To us, whatever it told the supervisor: a database without a free connection answers its administrator."""
    if process.kind == "postgres":
        return scene.database.sessions is not None
    if process.kind == "door":
        return scene.door is not None
    return any(figures.process == process.name for figures in scene.figures)


def dying(scene: Scene) -> Iterator[Finding]:
    for process in scene.processes:
        age_s = next((part.age_s for part in process.parts if part.pid == process.pid), YOUNG_S)
        if process.state == "ready" and process.restarts >= OFTEN and age_s < YOUNG_S:
            yield Finding(
                "process-restarts",
                Urgency.HURTS,
                f"{process.name} ends again and again",
                (f"{process.restarts} restarts; the present one runs for {seconds(age_s)}.",),
                (
                    f"grep -a {process.name} {scene.installation.logs}/supervisor.log | tail   # how it ended",
                    f"tail -50 {scene.installation.logs}/{_log(process)}",
                    "dmesg | grep -i oom   # whether the kernel ended it for want of memory",
                ),
                cost=1,
            )


def worker_stands(scene: Scene) -> Iterator[Finding]:
    """It looks well, and takes nothing."""
    queue = next((one for one in scene.stores.queues or () if one.name == "effects"), None)
    outbox = scene.database.outbox
    if queue is None or outbox is None or outbox.untried == 0 or outbox.oldest_s < 30:
        return
    workers = scene.of_kind("worker")
    if scene.is_supervised and not scene.supervisor_error and not workers:
        yield Finding(
            "worker-missing",
            Urgency.HURTS,
            "There is no worker: mail and other effects wait",
            (f"{count(outbox.untried, 'effect')} that nobody has tried, the oldest for {seconds(outbox.oldest_s)}.",),
            (scene.command("scale worker=1"),),
            cost=outbox.untried,
        )
    elif queue.waiting > 0 and queue.grew >= 0 and all(one.state == "ready" and not one.stopped for one in workers):
        is_busy = sum(worker.cores for worker in workers) > 0.5
        yield Finding(
            "worker-behind" if is_busy else "worker-stalled",
            Urgency.HURTS,
            "Workers do less than comes in" if is_busy else "Workers take nothing from their queue",
            (
                f"{count(queue.waiting, 'task waits', 'tasks wait')} at the broker,"
                f" {queue.grew:+d} in {seconds(scene.between_s)};"
                f" {count(queue.unacknowledged, 'is', 'are')} being worked on.",
                f"{count(outbox.untried, 'effect')} that nobody has tried, the oldest for {seconds(outbox.oldest_s)}.",
            ),
            (scene.command(f"scale worker={len(workers) + 1}") if is_busy else scene.command("restart worker"),),
            cost=queue.waiting,
        )


RULES = (supervisor, down, stopped, silent, dying, worker_stands)


def _urgency(scene: Scene, process: Process) -> Urgency:
    if process.kind == "standby" and scene.database.replication.waiting:
        return Urgency.STOPS
    if process.kind not in VITAL:
        return Urgency.HURTS
    is_left = any(one.state == "ready" and not one.stopped for one in scene.of_kind(process.kind))
    return Urgency.HURTS if is_left else Urgency.STOPS


def _waiting_for(scene: Scene, process: Process) -> float:
    if process.kind in ("worker", "relay", "valkey"):
        return float(scene.database.outbox.untried if scene.database.outbox else 0)
    backends = scene.door.backends if scene.door else ()
    return float(sum(one.waits + one.at_work for one in backends if one.name.split("_")[0] == process.kind))


def _work(scene: Scene, process: Process) -> list[str]:
    """What waits for it, and what it means that nobody does it."""
    found = []
    if process.kind == "worker":
        found += [
            f"{count(queue.waiting, 'task')} in the queue {queue.name}, {queue.grew:+d} in {seconds(scene.between_s)}."
            for queue in scene.stores.queues or ()
            if queue.waiting
        ]
        if (outbox := scene.database.outbox) and outbox.untried:
            found.append(f"{count(outbox.untried, 'effect')} untried, the oldest for {seconds(outbox.oldest_s)}.")
    elif waiting := _waiting_for(scene, process):
        found.append(f"In the door, {count(waiting, 'request is', 'requests are')} for processes of its kind.")
    return [*found, MEANS.get(process.kind, "")]


def _log(process: Process) -> str:
    is_numbered = process.kind not in ("door", "postgres", "valkey", "memcached", "archive", "prometheus")
    return f"{process.name if is_numbered else process.kind}.log"
