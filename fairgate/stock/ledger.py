"""How many places were taken and given back in each minute, from the ledger of moves: exact, and nothing kept for it.

A quota's moves are numbered without a gap and in the order of their time, so the first of an hour is found by halving,
as in a telephone book, and what came before is never read. No Django.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairgate.lib.database import Executor

# So many moves more than asked for may be read: halving further would cost more than that.
NEAR_ENOUGH = 500

# A ticket that draws on several quotas moves each of them, and is counted at the first.
FLOW = """
WITH RECURSIVE halved (quota_id, low, high) AS (
    SELECT id, 0::bigint, seq FROM stock_quota WHERE event_id = %(event)s
    UNION ALL
    SELECT h.quota_id,
           CASE WHEN m.at < to_timestamp(60 * %(since)s) THEN m.seq ELSE h.low END,
           CASE WHEN m.at < to_timestamp(60 * %(since)s) THEN h.high ELSE m.seq END
      FROM halved h JOIN stock_move m ON m.quota_id = h.quota_id AND m.seq = (h.low + h.high) / 2
     WHERE h.high - h.low > %(near)s
), start AS (
    SELECT quota_id, max(low) AS seq FROM halved GROUP BY quota_id
), counted AS (
    SELECT d.ticket_type_id, min(d.quota_id) AS quota_id
      FROM stock_draw d JOIN start ON start.quota_id = d.quota_id GROUP BY d.ticket_type_id
)
SELECT floor(extract(epoch FROM m.at) / 60)::bigint AS minute, m.kind, sum(abs(m.quantity))::bigint
  FROM start
  JOIN stock_move m ON m.quota_id = start.quota_id AND m.seq > start.seq
  JOIN counted c ON c.quota_id = m.quota_id AND c.ticket_type_id = m.ticket_type_id
 WHERE m.kind IN ('hold', 'release', 'expire', 'return')
   AND m.at >= to_timestamp(60 * %(since)s) AND m.at < to_timestamp(60 * %(until)s)
 GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Flow:
    """So many tickets went this way (a kind of move) in one minute of Unix time."""

    minute: int
    kind: str
    tickets: int


def flow(db: Executor, event: int, since: int, until: int) -> list[Flow]:
    """From the beginning of minute `since` to the beginning of `until`."""
    named = {"event": event, "since": since, "until": until, "near": NEAR_ENOUGH}
    return [Flow(*row) for row in db.execute(FLOW, named).fetchall()]
