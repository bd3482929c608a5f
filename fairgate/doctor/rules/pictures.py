"""Pictures that are not where they should be: above all, with a folder of its own on each of several hosts."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.rules.words import count, names
from fairgate.doctor.scene import Scene


def missing(scene: Scene) -> Iterator[Finding]:
    seen = scene.database.pictures
    if seen is None or not seen.missing:
        return
    hosts = (f"Processes of Fairgate reach the database from {names(seen.hosts)}.",) if len(seen.hosts) > 1 else ()
    yield Finding(
        "pictures-missing",
        Urgency.HURTS,
        "Events show pictures that are not on this host: visitors who come to it see none",
        (
            f"Missing in {seen.folder}: {seen.missing} of the newest {count(seen.shown, 'picture')} that pages show.",
            *hosts,
        ),
        (
            "On several hosts, one storage for all of them, FAIRGATE_STORAGE_URL=s3://… or a folder that each mounts:"
            " docs/operations/README.md, 'Files'.",
            "On one host, what was lost, out of a backup: docs/runbooks/backup.md.",
        ),
        cost=0.5 * seen.missing / seen.shown,
    )


RULES = (missing,)
