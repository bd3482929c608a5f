"""How each process is at this moment, asked now and not remembered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fairgate.lib.database_url import without_password
from fairgate.runtime import replication
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.server import GLANCE_S

if TYPE_CHECKING:
    from fairgate.runtime.process import Process
    from fairgate.runtime.supervisor import Supervisor


# How long the primary is asked for, by what it is; a silent one most likely answers at once or never.
PATIENCE_S = {"ready": GLANCE_S, "silent": 1.0}
# What PostgreSQL says to whom it has no connection for.
FULL = ("too many clients", "remaining connection slots", "too many connections")


async def describe(supervisor: Supervisor) -> dict[str, Any]:
    processes = sorted(supervisor.processes, key=lambda p: (p.program.kind, p.program.index))
    described = await asyncio.gather(*(_describe(process) for process in processes))
    for process in described:
        if process["name"] == "door" and supervisor.door:
            process["metrics_port"] = supervisor.door.metrics_port
    return {"processes": described, "databases": _databases(supervisor, described)}


def _databases(supervisor: Supervisor, processes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`synchronous`: whether the primary answers only what a standby has, and whether this is such a standby."""
    if not supervisor.environment:
        return []
    primary = supervisor.postgres
    url = without_password(primary.url if primary else supervisor.environment["FAIRGATE_DATABASE_URL"])
    followers: dict[str, replication.Follower] = {}
    waits, error = None, ""
    servers = [process for process in processes if process["name"] in ("postgres", "standby")]
    states = [process["state"] for process in servers if primary and process["port"] == primary.port]
    # One without a connection left for the application is silent, and answers its administrator.
    if primary and states and states[0] in PATIENCE_S:
        try:
            followers = replication.followers(primary, PATIENCE_S[states[0]])
            waits = bool(replication.waits_for(primary, PATIENCE_S[states[0]]))
        except CannotStart as refusal:
            error = _why(str(refusal))
    elif supervisor.standbys:
        error = "the primary is down"
    told: list[dict[str, Any]] = [{"role": "primary", "url": url, "lag_bytes": 0, "synchronous": waits}]
    for standby in supervisor.standbys:
        follower = followers.get(standby.slot)
        told.append(
            {
                "role": "standby",
                "url": without_password(standby.url),
                "lag_bytes": follower.lag_bytes if follower else None,
                "synchronous": bool(follower and follower.is_synchronous),
                **({"error": error} if error else {}),
            }
        )
    return told


def _why(refusal: str) -> str:
    """Why it is not known how a standby follows, which says nothing against the standby."""
    if any(words in refusal for words in FULL):
        return "no connection is left on the primary"
    return "the primary does not answer"


async def _describe(process: Process) -> dict[str, Any]:
    state = process.state
    if state == "ready" and not await process.program.answers():
        state = "silent"
    return {
        "name": process.program.kind,
        "index": process.program.index,
        "pid": process.pid,
        "port": process.program.port,
        "state": state,
        "restarts": process.restarts,
    }
