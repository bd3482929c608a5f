"""Whether the database is there at all, and keeps what it is told."""

from __future__ import annotations

from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.scene import Scene
from fairgate.lib.database_url import without_password


def away(scene: Scene) -> Iterator[Finding]:
    database = scene.database
    if not database.error or database.is_full:
        return
    if database.sessions is not None:
        yield Finding(
            "database-refuses",
            Urgency.STOPS,
            "The database refuses the application, though it runs",
            (database.error,),
            (f"tail -50 {scene.installation.logs}/postgres.log",),
            cost=100,
        )
        return
    runbook = "docs/runbooks/database.md, 'Out of reach': nothing is lost meanwhile, and nothing sold twice."
    logs = scene.installation.logs / "postgres.log"
    yield Finding(
        "database-away",
        Urgency.STOPS,
        "The database does not answer: nothing can be sold",
        (f"{without_password(scene.settings.database_url)}: {database.error}",),
        (f"tail -50 {logs}", runbook) if database.is_own else ("See that server's own log.", runbook),
        cost=100,
        # Of a process that is down or stopped, where that is known.
        is_symptom=any(one.state != "ready" or one.stopped for one in scene.of_kind("postgres")),
    )


def unsafe(scene: Scene) -> Iterator[Finding]:
    off = [name for name in ("fsync", "full_page_writes") if scene.database.settings.get(name) == "off"]
    if off:
        yield Finding(
            "database-unsafe",
            Urgency.HURTS,
            "The database forgets what it promised when the machine loses power",
            tuple(f"{name} is off." for name in off),
            tuple(f"alter system set {name} = on; then select pg_reload_conf()" for name in off),
            cost=50,
        )


RULES = (away, unsafe)
