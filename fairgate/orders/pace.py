"""How many orders were placed in each minute of an event's last hour."""

from __future__ import annotations

from django.db import connection

# Ids rise with time, but for transactions under way together: so much earlier the reading begins.
SLACK_S = 60
NEAR_ENOUGH = 500

# The first order of that time is found by halving the ids, whatever gaps they have; what came before is not read.
PACE = """
WITH RECURSIVE halved (low, high) AS (
    SELECT 0::bigint, coalesce(max(id), 0) FROM orders_order
    UNION ALL
    SELECT CASE WHEN o.placed_at < to_timestamp(60 * %(since)s - %(slack)s) THEN (h.low + h.high) / 2 ELSE h.low END,
           CASE WHEN o.placed_at < to_timestamp(60 * %(since)s - %(slack)s) THEN h.high ELSE (h.low + h.high) / 2 END
      FROM halved h
      JOIN LATERAL (SELECT placed_at FROM orders_order WHERE id >= (h.low + h.high) / 2 ORDER BY id LIMIT 1) o ON true
     WHERE h.high - h.low > %(near)s
)
SELECT floor(extract(epoch FROM placed_at) / 60)::bigint, count(*)
  FROM orders_order
 WHERE event_id = %(event)s AND id >= (SELECT max(low) FROM halved)
   AND placed_at >= to_timestamp(60 * %(since)s) AND placed_at < to_timestamp(60 * %(until)s)
 GROUP BY 1
"""


def orders_by_minute(event: int, since: int, until: int) -> dict[int, int]:
    """By minute of Unix time; canceled ones count too, they were placed."""
    named = {"event": event, "since": since, "until": until, "slack": SLACK_S, "near": NEAR_ENOUGH}
    with connection.cursor() as cursor:
        cursor.execute(PACE, named)
        return dict(cursor.fetchall())
