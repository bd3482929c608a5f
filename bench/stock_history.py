"""A shop that has sold for years: does a hold cost more for all the holds before it?"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import stock_lanes
import stock_sql
from report import say
from sale import Sale, open_sale
from stock_figures import Run
from stock_server import Database, Server

PAIRS = 5
CLIENTS = 64
# A year of one event, the last of it a day ago: its keys are forgotten, as the hourly task would have done. Three of
# four holds became an order (their places stay taken), the rest expired (their places came back).
OLD = """
INSERT INTO stock_hold (id, event_id, state, idempotency_key, fingerprint, created_at, expires_at)
SELECT {id}, {event}, CASE n % 4 WHEN 0 THEN 'expired' ELSE 'converted' END, NULL, {print},
       {at}, {at} + interval '10 minutes'
  FROM generate_series({first}, {last}) n
"""
OLD_ITEMS = """
INSERT INTO stock_holditem (hold_id, ticket_type_id, quantity, unit_price)
SELECT {id}, {ticket_type}, 1, 0 FROM generate_series({first}, {last}) n
"""
OLD_MOVES = """
INSERT INTO stock_move (quota_id, seq, kind, quantity, capacity, hold_id, ticket_type_id, at)
SELECT {quota}, n * 2, 'hold', 1, {capacity}, {id}, {ticket_type}, {at} FROM generate_series({first}, {last}) n
UNION ALL
SELECT {quota}, n * 2 + 1, 'expire', -1, {capacity}, {id}, {ticket_type}, {at} + interval '10 minutes'
  FROM generate_series({first}, {last}) n WHERE n % 4 = 0
"""
CHUNK = 500_000
CHECKPOINT_S = 300


@dataclass(frozen=True)
class Aged:
    """Rates without and with a past, and the median of the pairs' ratios."""

    young: list[Run]
    old: list[Run]

    @property
    def share(self) -> float:
        return median(old.rate / young.rate for young, old in zip(self.young, self.old, strict=True))

    @property
    def wrong(self) -> int:
        return sum(run.wrong for run in (*self.young, *self.old))


def measure(server: Server, holds: int, seconds: float) -> dict[str, Aged]:
    """The same figures on two databases, in turns, so that whatever else goes on hits both."""
    young = server.create_with_schema("young")
    sale = open_sale(young, places=2_000_000_000)
    old = server.create("old", template="young")
    remember(old, sale, holds)
    young.run("VACUUM ANALYZE")
    server.postgres.ask_as_admin("CHECKPOINT", timeout_s=CHECKPOINT_S)
    lanes, single = Aged([], []), Aged([], [])
    for pair in range(PAIRS):
        say(f"Pair {pair + 1} of {PAIRS}, with and without {holds:,} old holds.")
        for database in (young, old) if pair % 2 == 0 else (old, young):
            side = "young" if database is young else "old"
            getattr(lanes, side).append(stock_lanes.hold(database, sale, CLIENTS, seconds))
            getattr(single, side).append(stock_sql.single(database, sale, 1, seconds))
    return {"group commit in process": lanes, "functions singly": single}


def remember(database: Database, sale: Sale, holds: int) -> None:
    """Fill the tables as that many sales would have."""
    capacity = database.ask(f"SELECT capacity FROM stock_quota WHERE id = {sale.quota}")
    for first in range(1, holds + 1, CHUNK):
        last = min(holds, first + CHUNK - 1)
        say(f"Old holds {first:,} to {last:,}.")
        at = f"now() - interval '1 day' - interval '1 year' * ({holds} - n) / {holds}"
        words = {
            # As version 7 orders them: by time.
            "id": f"(lpad(to_hex((extract(epoch FROM {at}) * 1000)::bigint), 12, '0')"
            " || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid",
            "print": "md5('print' || n)::uuid",
            "at": at,
            "event": sale.event,
            "quota": sale.quota,
            "ticket_type": sale.ticket_types[0],
            "capacity": capacity,
            "first": first,
            "last": last,
        }
        database.run("BEGIN", *(statement.format(**words) for statement in (OLD, OLD_ITEMS, OLD_MOVES)), "COMMIT")
    taken = f"(SELECT count(*) FROM stock_hold WHERE event_id = {sale.event} AND state = 'converted')"
    database.run(
        f"UPDATE stock_quota SET taken = {taken}, seq = {holds} * 2 + 2 WHERE id = {sale.quota}",
        "VACUUM ANALYZE",
    )
