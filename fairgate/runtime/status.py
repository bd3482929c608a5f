"""How each process is at this moment, asked now and not remembered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from fairgate.runtime.process import Process
    from fairgate.runtime.supervisor import Supervisor


async def describe(supervisor: Supervisor) -> dict[str, Any]:
    processes = sorted(supervisor.processes, key=lambda p: (p.program.kind, p.program.index))
    return {
        "processes": await asyncio.gather(*(_describe(process) for process in processes)),
        "databases": [
            {
                "role": "primary",
                "url": without_password(supervisor.environment["FAIRGATE_DATABASE_URL"]),
                "lag_bytes": 0,
            }
        ]
        if supervisor.environment
        else [],
    }


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


def is_well(status: dict[str, Any]) -> bool:
    return bool(status["processes"]) and all(process["state"] == "ready" for process in status["processes"])


def without_password(url: str) -> str:
    """Of one server or of several. libpq takes a password among the options too."""
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    options = [option for option in parts.query.split("&") if not option.partition("=")[0].endswith("password")]
    return parts._replace(netloc=f"{name}@{hosts}" if name else hosts, query="&".join(options)).geturl()
