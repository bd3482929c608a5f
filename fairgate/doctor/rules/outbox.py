"""Effects that do not happen: mail above all."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.rules.words import count, seconds
from fairgate.doctor.scene import Scene

OLD_S = 30.0
# So many tries that fail are no accident of one address.
FAILING = 3
RUNBOOK = "docs/runbooks/mail.md"


def old(scene: Scene) -> Iterator[Finding]:
    outbox = scene.database.outbox
    if outbox is None or outbox.untried == 0 or outbox.oldest_s < OLD_S:
        return
    done = f"the last was done {seconds(outbox.done_s)} ago" if outbox.done_s >= 0 else "none was ever done"
    yield Finding(
        "outbox-old",
        Urgency.HURTS,
        f"Mail and other effects wait for {seconds(outbox.oldest_s)}",
        (f"{count(outbox.untried, 'effect')} that nobody has tried, {outbox.waiting} open in all; {done}.",),
        (
            "Each has to pass relay, valkey and a worker: `fairgate status`, then the other findings.",
            f"tail -20 {scene.installation.logs}/relay-1.log {scene.installation.logs}/worker-1.log",
        ),
        cost=outbox.untried,
        is_symptom=True,
    )


def failing(scene: Scene) -> Iterator[Finding]:
    outbox = scene.database.outbox
    if outbox is None or outbox.failing < FAILING:
        return
    yield Finding(
        "effects-fail",
        Urgency.HURTS,
        f"{count(outbox.failing, 'effect')} failed and will be tried again",
        (
            *outbox.errors,
            f"The last that worked was {seconds(outbox.done_s)} ago." if outbox.done_s >= 0 else "None worked.",
        ),
        (f"What each error means: {RUNBOOK}.",),
        cost=outbox.failing,
        is_symptom=bool(scene.mail_error),
    )


def parked(scene: Scene) -> Iterator[Finding]:
    outbox = scene.database.outbox
    if outbox and outbox.parked:
        yield Finding(
            "effects-parked",
            Urgency.ADVICE,
            f"{count(outbox.parked, 'effect was', 'effects were')} given up after eight tries",
            (f"The last {seconds(outbox.parked_s)} ago.", *outbox.errors),
            (
                "Put right what its error says, then **Overview** in the console, 'Try all again';"
                " or in /admin/ 'Try parked messages again'.",
            ),
            cost=outbox.parked,
        )


def mail_server(scene: Scene) -> Iterator[Finding]:
    if scene.mail_error:
        yield Finding(
            "mail-server-away",
            Urgency.HURTS,
            "The mail server cannot be reached: buyers get no tickets by mail",
            (scene.mail_error,),
            (f"Correct FAIRGATE_EMAIL_URL, then `fairgate down` and `fairgate up`: {RUNBOOK}.",),
            cost=1 + (scene.database.outbox.waiting if scene.database.outbox else 0),
        )


RULES = (old, failing, parked, mail_server)
