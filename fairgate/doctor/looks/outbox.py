"""What must still happen outside: how much of it, since when, and what has failed."""

from __future__ import annotations

from dataclasses import dataclass

from fairgate.doctor.looks.asking import Asked

OPEN = """
SELECT count(*)::int AS waiting, count(*) FILTER (WHERE attempts = 0)::int AS untried,
       coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE attempts = 0)), 0)::float AS oldest_s,
       count(*) FILTER (WHERE attempts > 0 AND last_error <> '')::int AS failing
  FROM outbox_message WHERE done_at IS NULL AND parked_at IS NULL
"""
ERRORS = """
SELECT topic, last_error AS error, count(*)::int AS count FROM outbox_message
 WHERE done_at IS NULL AND last_error <> '' GROUP BY topic, last_error ORDER BY count(*) DESC LIMIT 3
"""
PARKED = """
SELECT count(*)::int AS parked, coalesce(extract(epoch FROM now() - max(parked_at)), 0)::float AS last_s
  FROM outbox_message WHERE parked_at IS NOT NULL
"""
DONE = """
SELECT coalesce(extract(epoch FROM now() - max(done_at)), -1)::float AS done_s
  FROM outbox_message WHERE done_at IS NOT NULL
"""


@dataclass(frozen=True)
class Outbox:
    """`untried` and `oldest_s`: those that nobody has tried yet. `done_s`: since the last was done; -1 for never."""

    waiting: int
    untried: int
    oldest_s: float
    failing: int
    parked: int
    parked_s: float
    done_s: float
    errors: tuple[str, ...]


def look(asked: Asked) -> Outbox | None:
    found = asked.row("the outbox", OPEN)
    if not found:
        return None
    parked = asked.row("the outbox", PARKED) or {"parked": 0, "last_s": 0.0}
    errors = tuple(f"{row['count']} x {row['topic']}: {row['error']}" for row in asked.rows("the outbox", ERRORS))
    done_s = asked.row("the outbox", DONE).get("done_s", -1.0)
    return Outbox(**found, parked=parked["parked"], parked_s=parked["last_s"], done_s=done_s, errors=errors)
