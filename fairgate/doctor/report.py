"""What the operator reads: the bottleneck first, then the rest; or one JSON object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from fairgate.doctor.finding import Finding, Urgency, is_well
from fairgate.doctor.rules.words import count, seconds
from fairgate.doctor.scene import Scene

RUNBOOK = "docs/runbooks/doctor.md"
SAID = {Urgency.STOPS: "stops the sale", Urgency.HURTS: "hurts now", Urgency.ADVICE: "advice"}
COLORS = {Urgency.STOPS: "bold red", Urgency.HURTS: "yellow", Urgency.ADVICE: "cyan"}


def as_json(scene: Scene, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "well": is_well(findings),
        "seen_at": scene.seen_at.isoformat(timespec="seconds"),
        "findings": [
            {
                "id": found.id,
                "urgency": found.urgency.word,
                "title": found.title,
                "evidence": list(_told(found.evidence)),
                "levers": list(found.levers),
                "symptom": found.is_symptom,
                "cost": round(found.cost, 2),
                "runbook": f"{RUNBOOK}#{found.id}",
            }
            for found in findings
        ],
        "looked_at": looked_at(scene),
        "not_seen": not_seen(scene),
    }


def show(scene: Scene, findings: Sequence[Finding], console: Console) -> None:
    """Commands are never broken over lines: they are there to be copied."""
    for number, found in enumerate(findings, 1):
        head = (
            Text(f"{number}. ").append(found.title, "bold").append(f"  [{SAID[found.urgency]}]", COLORS[found.urgency])
        )
        head.append(f"  {found.id}", "dim")
        console.print(head, soft_wrap=True)
        for line in _told(found.evidence):
            console.print(Padding(Text(line), (0, 0, 0, 3)))
        for lever in found.levers:
            console.print(Text("   → ", "green").append(lever), soft_wrap=True)
        console.print()
    console.print(_end(scene, findings), soft_wrap=True)
    console.print(Text(f"Looked at: {'; '.join(looked_at(scene))}.", "dim"), soft_wrap=True)
    for what in not_seen(scene):
        console.print(Text(f"Not seen: {what}.", "dim"), soft_wrap=True)


def _told(evidence: Sequence[str]) -> Sequence[str]:
    return [line for line in evidence if line]


def _end(scene: Scene, findings: Sequence[Finding]) -> Text:
    if not findings:
        return Text("All is well: nothing was found that is slow, full, down or behind.", "bold green")
    if is_well(findings):
        return Text("Nothing hurts now; there is advice.", "green")
    return Text(f"Begin with 1. What each means, by its last word ({findings[0].id}): {_runbook()}.", "bold")


def _runbook() -> str:
    """Where it can be read: it comes with the source, not with the package."""
    here = Path(__file__).parents[2] / RUNBOOK
    return str(here) if here.is_file() else f"{RUNBOOK} in Fairgate's source"


def looked_at(scene: Scene) -> list[str]:
    """With numbers, so that "all is well" is no empty word."""
    database, requests = scene.database, scene.requests
    told = []
    if scene.processes:
        told.append(f"{len(scene.processes)} processes for {scene.between_s:.0f} s")
    told.append(f"the processor ({scene.machine.busy_cores:.1f} of {scene.machine.cores} cores busy)")
    if scene.door:
        told.append(f"the door ({count(requests.count, 'answer')} in {seconds(requests.span_s)})")
    if database.sessions:
        most = database.sessions.most
        told.append(f"the database ({min(database.sessions.used, most)} of {most} connections)")
    if database.tables and database.tables.tables:
        told.append(f"{len(database.tables.tables)} tables and {len(database.tables.indexes)} indexes")
    if database.statements is not None:
        told.append(f"{len(database.statements)} statements that took or came most")
    if database.outbox:
        told.append(f"the outbox (mail and other effects; {database.outbox.waiting} still to happen)")
    told += [f"replica {one.url}" for one in database.replication.replicas]
    told += [f"{'/'.join(store.uses)} at {store.address}" for store in scene.stores.stores if not store.error]
    told += [f"disk of {disk.what} ({disk.used_percent:.0f} % used)" for disk in scene.disks]
    return told


def not_seen(scene: Scene) -> list[str]:
    database = scene.database
    missing = list(database.not_seen)
    if database.sessions and database.statements is None:
        missing.append(
            "what each statement costs, since the database has no pg_stat_statements or does not let us read it"
        )
    if database.sessions and not database.has_all:
        missing.append("other roles' sessions in the database, as the application's role may not (grant pg_monitor)")
    if scene.stores.queues is None and not any("broker" in one.uses and one.error for one in scene.stores.stores):
        missing.append("the broker's queues")
    if not scene.is_supervised:
        missing.append("processes and door, as no `fairgate up` runs in this folder")
    return missing
