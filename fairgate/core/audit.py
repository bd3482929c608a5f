"""The invariants of a sale, each a query that finds nothing while the books are right.

All run in one snapshot, so that a sale going on meanwhile is no difference.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction

MAX_FOUND = 100


@dataclass(frozen=True)
class Difference:
    rule: str
    subject: str
    expected: str
    found: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject} should be {self.expected} and is {self.found}"


# Each gives (subject, expected, found) for what is wrong.
RULES = {
    "taken is the sum of the ledger": """
        SELECT 'quota ' || q.id, coalesce(sum(m.quantity), 0), q.taken
          FROM stock_quota q LEFT JOIN stock_move m ON m.quota_id = q.id
         GROUP BY q.id HAVING coalesce(sum(m.quantity), 0) <> q.taken""",
    "taken is what is held and sold": """
        SELECT 'quota ' || q.id, coalesce(sum(t.places), 0), q.taken
          FROM stock_quota q LEFT JOIN (
               SELECT m.quota_id, m.quantity AS places
                 FROM stock_move m JOIN stock_hold h ON h.id = m.hold_id
                WHERE m.kind = 'hold' AND h.state = 'active'
               UNION ALL
               SELECT d.quota_id, 1
                 FROM orders_ticket t JOIN stock_draw d ON d.ticket_type_id = t.ticket_type_id
                WHERE NOT EXISTS (SELECT 1 FROM orders_cancellation c WHERE c.ticket_id = t.id)) t ON t.quota_id = q.id
         GROUP BY q.id HAVING coalesce(sum(t.places), 0) <> q.taken""",
    "the ledger never passed its capacity": """
        SELECT 'quota ' || quota_id || ' at move ' || seq, 'at most ' || capacity, running
          FROM (SELECT quota_id, seq, capacity, sum(quantity) OVER (PARTITION BY quota_id ORDER BY seq) AS running
                  FROM stock_move) ledger
         WHERE running > capacity OR running < 0""",
    "the ledger has every number once": """
        SELECT 'quota ' || q.id, q.seq, count(m.seq)
          FROM stock_quota q LEFT JOIN stock_move m ON m.quota_id = q.id
         GROUP BY q.id HAVING count(m.seq) <> q.seq OR coalesce(max(m.seq), 0) <> q.seq""",
    "an ended hold gave back what it took": """
        SELECT 'hold ' || h.id, 0, sum(m.quantity)
          FROM stock_hold h JOIN stock_move m ON m.hold_id = h.id
         WHERE h.state IN ('released', 'expired') GROUP BY h.id HAVING sum(m.quantity) <> 0""",
    "a hold took places for each item": """
        SELECT 'hold ' || i.hold_id || ', ticket type ' || i.ticket_type_id, i.quantity, m.quantity
          FROM stock_holditem i
          LEFT JOIN stock_move m ON m.hold_id = i.hold_id AND m.ticket_type_id = i.ticket_type_id AND m.kind = 'hold'
         WHERE m.quantity IS DISTINCT FROM i.quantity""",
    "a converted hold is one order": """
        SELECT 'hold ' || h.id, 'one order', 'none' FROM stock_hold h
         WHERE h.state = 'converted' AND NOT EXISTS (SELECT 1 FROM orders_order o WHERE o.hold_id = h.id)
        UNION ALL
        SELECT 'order ' || o.code, 'converted', coalesce(h.state, 'missing')
          FROM orders_order o LEFT JOIN stock_hold h ON h.id = o.hold_id WHERE h.state IS DISTINCT FROM 'converted'""",
    "an order has the tickets of its hold": """
        SELECT 'order ' || o.code, held.quantity, count(t.id)
          FROM orders_order o
          JOIN (SELECT hold_id, sum(quantity) AS quantity FROM stock_holditem GROUP BY hold_id) held
            ON held.hold_id = o.hold_id
          LEFT JOIN orders_ticket t ON t.order_id = o.id
         GROUP BY o.code, held.quantity HAVING count(t.id) <> held.quantity""",
    "a canceled ticket returned its places": """
        SELECT 'ticket ' || t.id, count(d.quota_id), count(returned.quota_id)
          FROM orders_cancellation c JOIN orders_ticket t ON t.id = c.ticket_id
          JOIN stock_draw d ON d.ticket_type_id = t.ticket_type_id
          LEFT JOIN stock_move returned
            ON returned.kind = 'return' AND returned.ticket_id = t.id AND returned.quota_id = d.quota_id
         GROUP BY t.id HAVING count(d.quota_id) <> count(returned.quota_id)""",
    "a place was returned for a canceled ticket alone": """
        SELECT 'ticket ' || m.ticket_id, 'canceled', 'good' FROM stock_move m
         WHERE m.kind = 'return'
           AND NOT EXISTS (SELECT 1 FROM orders_cancellation c WHERE c.ticket_id = m.ticket_id)""",
    "a seated quota counts its seats": """
        SELECT 'quota ' || q.id, q.capacity || ' seats, ' || q.taken || ' taken',
               count(s.id) FILTER (WHERE NOT s.is_blocked) || ' seats, ' || count(t.seat_id) || ' taken'
          FROM stock_quota q LEFT JOIN stock_seat s ON s.quota_id = q.id LEFT JOIN stock_seattaken t ON t.seat_id = s.id
         WHERE q.is_seated OR s.id IS NOT NULL
         GROUP BY q.id
        HAVING count(s.id) FILTER (WHERE NOT s.is_blocked) <> q.capacity OR count(t.seat_id) <> q.taken
            OR NOT q.is_seated OR bool_or(s.is_blocked AND t.seat_id IS NOT NULL)""",
    "a taken seat has its hold or its ticket": """
        SELECT 'seat ' || taken.seat_id, 'held or sold', 'neither' FROM stock_seattaken taken
         WHERE NOT EXISTS (SELECT 1 FROM stock_hold h WHERE h.id = taken.hold_id AND h.state = 'active')
           AND NOT EXISTS (
               SELECT 1 FROM orders_ticket t JOIN orders_order o ON o.id = t.order_id
                WHERE o.hold_id = taken.hold_id AND t.seat_id = taken.seat_id
                  AND t.ticket_type_id = taken.ticket_type_id AND NOT EXISTS (
                      SELECT 1 FROM orders_cancellation c WHERE c.ticket_id = t.id))""",
    "a good ticket has its seat": """
        SELECT 'ticket ' || t.id, 'a seat of its own', coalesce('seat ' || t.seat_id || ' of another', 'none')
          FROM orders_ticket t JOIN orders_order o ON o.id = t.order_id
          LEFT JOIN stock_seattaken taken ON taken.seat_id = t.seat_id AND taken.hold_id = o.hold_id
         WHERE taken.seat_id IS NULL
           AND NOT EXISTS (SELECT 1 FROM orders_cancellation c WHERE c.ticket_id = t.id)
           AND (t.seat_id IS NOT NULL OR EXISTS (
               SELECT 1 FROM stock_draw d JOIN stock_quota q ON q.id = d.quota_id
                WHERE d.ticket_type_id = t.ticket_type_id AND q.is_seated))""",
    "an order costs what its good tickets cost": """
        SELECT 'order ' || o.code, coalesce(sum(t.gross), 0), o.gross
          FROM orders_order o LEFT JOIN orders_ticket t ON t.order_id = o.id
           AND NOT EXISTS (SELECT 1 FROM orders_cancellation c WHERE c.ticket_id = t.id)
         GROUP BY o.id HAVING coalesce(sum(t.gross), 0) <> o.gross OR coalesce(sum(t.net), 0) <> o.net""",
    "an order is canceled when all its tickets are": """
        SELECT 'order ' || o.code, CASE WHEN count(c.ticket_id) = count(t.id) THEN 'canceled' ELSE 'alive' END, o.state
          FROM orders_order o JOIN orders_ticket t ON t.order_id = o.id
          LEFT JOIN orders_cancellation c ON c.ticket_id = t.id
         GROUP BY o.id HAVING (o.state = 'canceled') <> (count(c.ticket_id) = count(t.id))""",
    "a paid order has its payment": """
        SELECT 'order ' || o.code, o.state, coalesce(string_agg(p.state, ', '), 'no payment')
          FROM orders_order o LEFT JOIN payments_payment p ON p.order_id = o.id
         GROUP BY o.id
        HAVING NOT CASE o.state
                   WHEN 'paid' THEN coalesce(bool_or(p.state = 'received' AND p.amount >= o.gross), false)
                   WHEN 'pending' THEN coalesce(bool_or(p.state = 'pending' AND p.amount = o.gross), false)
                   ELSE true END""",
    "an order has its message": """
        SELECT 'order ' || o.code, 1, 0 FROM orders_order o
         WHERE o.placed_at > now() - interval '29 days' AND NOT EXISTS (
               SELECT 1 FROM outbox_message m
                WHERE m.topic = 'order_placed' AND (m.payload ->> 'order')::bigint = o.id)""",
}


def find_differences() -> list[Difference]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found: list[tuple[str, Any]] = []
        for rule, query in RULES.items():
            cursor.execute(f"SELECT * FROM ({query}) rule LIMIT {MAX_FOUND}")
            found.extend((rule, row) for row in cursor.fetchall())
    return [Difference(rule, *(str(value) for value in row)) for rule, row in found]
