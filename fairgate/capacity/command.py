"""`fairgate capacity`: from the question to all that is told, with counts that `fairgate up` accepts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from fairgate.capacity import crowd, plan, report
from fairgate.capacity.calibrate import loop_ms
from fairgate.capacity.costs import checks, reference
from fairgate.lib import env, machine
from fairgate.runtime import connections, environment
from fairgate.runtime.errors import CannotStart, NotRunning
from fairgate.runtime.installation import Installation
from fairgate.runtime.wish import check_counts

# Threads are halved where the database has too few connections for so many processes.
THREADS = (8, 4, 2)
# Only what decides about processes is read; the rest has to be there.
UNUSED = {
    "FAIRGATE_SECRET_KEY": "x" * env.KEY_LENGTH,
    "FAIRGATE_DATABASE_URL": "postgresql://nobody@127.0.0.1/nothing",
    "FAIRGATE_VALKEY_URL": "valkey://127.0.0.1",
    "FAIRGATE_PUBLIC_URL": "http://127.0.0.1",
}


def answer(data: Installation, buyers: int, minutes: float, cores: int | None, measure: bool) -> dict[str, Any]:
    found, settings = reference(), _settings(data, cores)
    slower = loop_ms() / found.loop_ms if measure else None
    ask = plan.Ask(buyers, minutes, cores or machine.cores(), settings.web_workers, settings.worker_children, slower)
    made = plan.plans(ask, found, checks())
    starts = {each.name: start for each in made if (start := _start(each, settings, ask.cores))}
    needed = {each.name: connections.needed(each.counts, settings) for each in made}
    busiest = buyers * crowd.busiest_minute(minutes * 60) / min(minutes * 60, crowd.MINUTE_S)
    off = plan.error(found, checks(), ask)
    return report.as_json(
        ask,
        made,
        starts,
        needed,
        tickets=found.tickets,
        error=round(off, 3),
        slower=None if slower is None else round(slower, 3),
        reference=found.machine,
        database={
            "disk_mb": _mb(buyers * found.order_bytes),
            "wal_mb": _mb(buyers * found.order_wal_bytes),
            "wal_mb_per_s": float(f"{busiest * found.order_wal_bytes / 1e6:.2g}"),
        },
    )


def _settings(data: Installation, cores: int | None) -> env.Settings:
    """The running installation's, else this environment's; for machines of so many cores where it says nothing."""
    environ = {name: value for name, value in os.environ.items() if value}
    with suppress(NotRunning):
        environ |= environment.recall(data)
    try:
        settings = env.from_environment(UNUSED | environ)
    except env.SettingsError as error:
        raise CannotStart(str(error)) from None
    if cores is None:
        return settings
    workers = machine.workers(cores, machine.memory_mb())
    web = settings.web_workers if environ.get("FAIRGATE_WEB_WORKERS") else workers
    children = settings.worker_children if environ.get("FAIRGATE_WORKER_CHILDREN") else workers
    return replace(settings, web_workers=web, worker_children=children)


def _start(each: plan.Plan, settings: env.Settings, cores: int) -> str | None:
    """By which one machine starts it; None where one is too few, or the counts are not to be had."""
    if each.machines > 1 or each.beyond:
        return None
    for threads in dict.fromkeys((settings.web_threads, *THREADS)):
        try:
            check_counts(each.counts)
            connections.check(each.counts, replace(settings, web_threads=threads), connections.of_our_own())
        except CannotStart:
            continue
        fewer = "" if threads == settings.web_threads else f"FAIRGATE_WEB_THREADS={threads} "
        return f"{fewer}fairgate up {_flags(each.counts)}"
    return None


def _flags(counts: Mapping[str, int]) -> str:
    return " ".join(f"--{kind} {number}" for kind, number in counts.items())


def _mb(size: float) -> int:
    return max(1, round(size / 1e6))
