"""What visitors are told at the door, and how long they wait in it."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.looks.door import Backend
from fairgate.doctor.rules.words import count, names, seconds
from fairgate.doctor.scene import Scene

# Of so many answers, a share means something.
LEAST = 20
REFUSED, LIMITED, FAILED = 0.01, 0.10, 0.005
WAIT_MS = 200


def servers(scene: Scene) -> Iterator[Finding]:
    """As the door sees them, which is what counts for visitors."""
    for backend in scene.door.backends if scene.door else ():
        if not backend.down or backend.name not in ("web", "stock", "gate"):
            continue
        is_gone = not backend.up and backend.name == "web"
        yield Finding(
            "servers-down",
            Urgency.STOPS if is_gone else Urgency.HURTS,
            f"The door sends nothing to {names(backend.down)}",
            (
                f"Of {len(backend.up) + len(backend.down)} servers of {backend.name},"
                f" {count(len(backend.down), 'is', 'are')} down.",
            ),
            ("`fairgate status`: down, stopped or silent? See those findings.",),
            cost=len(backend.down),
            is_symptom=True,
        )


def waiting(scene: Scene) -> Iterator[Finding]:
    for backend in scene.door.backends if scene.door else ():
        if backend.waits and (backend.queue_ms >= WAIT_MS or backend.waits > 10):
            kind = _kind(backend)
            yield Finding(
                "door-queue",
                Urgency.HURTS,
                f"Visitors wait in the door for {kind}",
                (
                    f"In its line {backend.name}: {count(backend.waits, 'waits', 'wait')},"
                    f" {count(backend.at_work, 'is', 'are')} being answered;"
                    f" on average of late {seconds(backend.queue_ms / 1000)} in line and"
                    f" {seconds(backend.answer_ms / 1000)} for the answer.",
                ),
                (
                    scene.command(f"scale {kind}={len(scene.of_kind(kind)) + 1}")
                    + "   # if the processor has room; else see the other findings",
                ),
                cost=backend.waits,
                is_symptom=True,
            )


def refuses(scene: Scene) -> bool:
    return scene.requests.count >= LEAST and scene.requests.share(503) >= REFUSED


def refusing(scene: Scene) -> Iterator[Finding]:
    said = scene.requests
    share = said.share(503)
    if refuses(scene):
        slow = sorted(said.queue_ms)[int(len(said.queue_ms) * 0.95)] if said.queue_ms else 0.0
        yield Finding(
            "door-refuses",
            Urgency.HURTS,
            f"{100 * share:.0f} % of visitors are told to come again (503)",
            (
                f"{said.statuses[503]} of {count(said.count, 'answer')} in {seconds(said.span_s)};"
                f" 1 in 20 waited for {seconds(slow / 1000)} or longer.",
            ),
            ("What they wait for is the cause: see the other findings.",),
            cost=said.statuses[503] / said.span_s,
            is_symptom=True,
        )


def limiting(scene: Scene) -> Iterator[Finding]:
    said = scene.requests
    if said.count >= LEAST and said.share(429) >= LIMITED:
        yield Finding(
            "door-limits",
            Urgency.HURTS,
            f"{100 * said.share(429):.0f} % of requests are refused as too many from one address (429)",
            (f"{said.statuses[429]} of {count(said.count, 'answer')} in {seconds(said.span_s)}.",),
            (
                "Behind a proxy or a load balancer all visitors have its address: FAIRGATE_TRUSTED_PROXIES."
                if not scene.settings.trusted_proxies
                else "Somebody asks very often; the others are not concerned.",
            ),
            cost=said.statuses[429] / said.span_s,
        )


def failing(scene: Scene) -> Iterator[Finding]:
    said = scene.requests
    number = sum(said.failed.values())
    if said.count >= LEAST and number >= max(1, FAILED * said.count):
        where, most = max(said.failed.items(), key=lambda item: item[1])
        process, _, route = where.partition(" ")
        yield Finding(
            "requests-fail",
            Urgency.HURTS,
            f"Requests end in an error of Fairgate's own (500), most at {route}",
            (f"{number} of {count(said.count, 'answer')} in {seconds(said.span_s)}, {most} of them there.",),
            (f"grep -a request_failed {scene.installation.logs}/{process}.log | tail   # says where in the code",),
            cost=number / said.span_s,
        )


RULES = (servers, waiting, refusing, limiting, failing)


def _kind(backend: Backend) -> str:
    return backend.name.split("_")[0]
