"""Disks that fill up."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.rules.words import size
from fairgate.doctor.scene import Scene

# PostgreSQL keeps up to 4 GB of log for a standby, and writes 1 GB between checkpoints.
STOPS_MB, HURTS_MB = 200, 1000
ADVICE_PERCENT, ADVICE_MB = 90, 5000


def filling(scene: Scene) -> Iterator[Finding]:
    for disk in scene.disks:
        if disk.free_mb < STOPS_MB:
            urgency = Urgency.STOPS
        elif disk.free_mb < HURTS_MB:
            urgency = Urgency.HURTS
        elif disk.used_percent >= ADVICE_PERCENT and disk.free_mb < ADVICE_MB:
            urgency = Urgency.ADVICE
        else:
            continue
        yield Finding(
            "disk-full",
            urgency,
            f"The disk with {disk.what} is {'full' if urgency is Urgency.STOPS else 'nearly full'}",
            (f"{size(disk.free_mb * 1e6)} of {size(disk.total_mb * 1e6)} are free in {disk.folder}.",),
            (
                f"du -xsh {disk.folder}/* | sort -h   # what takes it",
                "docs/runbooks/database.md, 'Full': what may go, and what never.",
            ),
            cost=50,
        )


RULES = (filling,)
