"""What each subject's rules say about a scene. A rule names its evidence with numbers, and never guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fairgate.doctor.finding import Finding, ranked
from fairgate.doctor.rules import (
    connections,
    database,
    disk,
    door,
    locks,
    outbox,
    pictures,
    processes,
    processor,
    replicas,
    safety,
    settings,
    statements,
    stores,
    tables,
)
from fairgate.doctor.scene import Scene

Rule = Callable[[Scene], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    *processes.RULES,
    *processor.RULES,
    *database.RULES,
    *connections.RULES,
    *locks.RULES,
    *statements.RULES,
    *tables.RULES,
    *replicas.RULES,
    *outbox.RULES,
    *stores.RULES,
    *disk.RULES,
    *pictures.RULES,
    *door.RULES,
    *settings.RULES,
    *safety.RULES,
)


def judge(scene: Scene) -> list[Finding]:
    return ranked(finding for rule in RULES for finding in rule(scene))
