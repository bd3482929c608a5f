"""How many connections to the database so many processes may open, and whether it allows them.

Counted at their most, as they are all opened in a rush: that is when one that is refused costs a sale.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairgate.lib.env import Settings
from fairgate.runtime.errors import CannotStart
from fairgate.runtime.server import SETTINGS

# Of a web process, beside a connection for each thread: two for itself, and those of the fallback for stock.
WEB_SPARE, WEB_FALLBACK = 2, 4
STOCK, GATE = 9, 8
# One for each duty: expired holds, hints, figures.
RELAY = 3
# A pool of which one thread takes one connection: the first time it opens a second one while it waits for the first.
ONE_AT_A_TIME = 2
# One that reads PostgreSQL's figures, and a pool to check the books.
BEAT = 1 + ONE_AT_A_TIME
# For `fairgate manage`, `status` and whatever else looks in.
OTHERS = 10
# PostgreSQL's own default: kept for the administrator.
RESERVED = 3
ALLOWED = "SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int"


def of_one(settings: Settings) -> dict[str, int]:
    """By kind, what one process may open."""
    web = settings.web_workers * (settings.web_threads + WEB_SPARE + WEB_FALLBACK)
    worker = settings.worker_children * ONE_AT_A_TIME
    return {"web": web, "stock": STOCK, "gate": GATE, "worker": worker, "relay": RELAY, "beat": BEAT}


def of_our_own() -> int:
    return int(SETTINGS["max_connections"]) - RESERVED


def allowed_by(url: str) -> int | None:
    """None behind a pooler, which gives more than the server has; then only its operator knows."""
    import psycopg  # the commands that ask no database do without

    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            port = connection.info.port
            most, reserved, servers_port = connection.execute(f"{ALLOWED}, inet_server_port()").fetchone() or (0, 0, 0)
    except psycopg.Error as error:
        raise CannotStart(
            f"The database does not answer: {' '.join(str(error).split())}; nothing is changed."
        ) from None
    return int(most) - int(reserved) if servers_port in (None, port) else None


def needed(counts: Mapping[str, int], settings: Settings) -> int:
    """At most. One more of the largest has room, since a restart starts it beside the other."""
    each = of_one(settings)
    return sum(each[kind] * count for kind, count in _all(counts, each).items()) + max(each.values()) + OTHERS


def check(counts: Mapping[str, int], settings: Settings, allowed: int | None) -> None:
    """Raises with the numbers."""
    if allowed is None or needed(counts, settings) <= allowed:
        return
    each = of_one(settings)
    told = " + ".join(f"{count} {kind} of {each[kind]}" for kind, count in _all(counts, each).items() if count)
    raise CannotStart(
        f"The database allows {allowed} connections and {needed(counts, settings)} may be needed: {told},"
        f" {max(each.values())} for a restart and {OTHERS} for commands; ask for fewer, or raise its max_connections or"
        " put PgBouncer before it."
    )


def _all(counts: Mapping[str, int], each: Mapping[str, int]) -> dict[str, int]:
    return dict.fromkeys(each, 1) | {kind: count for kind, count in counts.items() if kind in each}
