"""Settings that do not fit the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fairgate.doctor.finding import Finding, Urgency
from fairgate.doctor.rules.words import size
from fairgate.doctor.scene import Scene
from fairgate.lib import machine
from fairgate.runtime import connections
from fairgate.runtime.errors import CannotStart


def interpreters(scene: Scene) -> Iterator[Finding]:
    cores, has = scene.machine.cores, len(scene.of_kind("web")) * scene.settings.web_workers
    if has > 2 * cores:
        yield Finding(
            "interpreters-many",
            Urgency.ADVICE,
            f"{has} interpreters of web share {cores} cores",
            (
                f"{len(scene.of_kind('web'))} web processes of {scene.settings.web_workers} (FAIRGATE_WEB_WORKERS);"
                f" each takes {machine.PROCESS_MB} MB and its connections, and no two run on one core at a time.",
            ),
            (scene.command(f"scale web={max(1, cores // scene.settings.web_workers)}"),),
            cost=has / cores,
        )


def threads(scene: Scene) -> Iterator[Finding]:
    if scene.settings.web_threads > 4 * machine.THREADS:
        yield Finding(
            "threads-many",
            Urgency.ADVICE,
            f"{scene.settings.web_threads} requests share an interpreter of web",
            (
                f"FAIRGATE_WEB_THREADS is {scene.settings.web_threads}; beyond {machine.THREADS} nothing was gained"
                " (docs/scaling.md), and each may take a connection.",
            ),
            (f"FAIRGATE_WEB_THREADS={machine.THREADS}, then `fairgate down` and `fairgate up`.",),
        )


def allowed_connections(scene: Scene) -> Iterator[Finding]:
    config = scene.database.settings
    most = int(config.get("max_connections", "0")) - int(config.get("superuser_reserved_connections", "0"))
    counts = Counter(process.kind for process in scene.processes)
    if most <= 0 or not counts:
        return
    try:
        connections.check(counts, scene.settings, most)
    except CannotStart as error:
        yield Finding(
            "connections-few",
            Urgency.ADVICE,
            "In a rush the processes may want more connections than the database allows",
            (str(error),),
            ("Fewer processes (`fairgate scale`), a larger max_connections, or PgBouncer before the database.",),
        )


def buffers(scene: Scene) -> Iterator[Finding]:
    """A server of the operator's own, whose machine is not known, is judged by what it holds."""
    tables = scene.database.tables
    value = int(scene.database.settings.get("shared_buffers", "0")) * 8192
    memory = scene.machine.memory_mb * 1_000_000
    if scene.database.is_own and value > memory / 2:
        yield Finding(
            "buffers-large",
            Urgency.ADVICE,
            "The database takes more memory for itself than it has use for",
            (f"shared_buffers is {size(value)}, the machine has {size(memory)}.",),
            ("A quarter of the machine's memory is usual.",),
        )
    elif not scene.database.is_own and tables and 0 < value < tables.bytes / 20 and tables.bytes > 2_000_000_000:
        yield Finding(
            "buffers-small",
            Urgency.ADVICE,
            "The database's memory is small for what it holds",
            (f"shared_buffers is {size(value)}, the database {size(tables.bytes)}.",),
            ("shared_buffers of a quarter of that machine's memory; it takes a restart of the server.",),
        )


RULES = (interpreters, threads, allowed_connections, buffers)
