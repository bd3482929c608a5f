"""The kinds of process that `fairgate run` knows, and how many requests each is given at a time."""

from __future__ import annotations

from fairgate.lib import env
from fairgate.runtime.door.servers import BACKENDS

KINDS = ("web", "stock", "gate", "worker", "beat", "relay")
# Stock wants many requests at a time: those that wait together commit together.
STOCK_AT_A_TIME = 128
PROBES = 2


def at_a_time(settings: env.Settings) -> dict[str, int]:
    """Requests that the door gives a process at a time by one way; the rest waits in the door."""
    web = settings.web_workers * settings.web_threads
    return {"web": web, "stock": STOCK_AT_A_TIME, "gate": settings.gate_threads}


def threads(settings: env.Settings) -> dict[str, int]:
    """Of the kinds that are WSGI; the others answer in an event loop. One for each request that the door can give: who
    has no turn yet waits in it, which costs nothing, so that neither who pays nor a probe waits behind others."""
    at_work = {"web": settings.web_threads, "gate": settings.gate_threads}
    return {kind: len(BACKENDS[kind]) * most + PROBES for kind, most in at_work.items()}
