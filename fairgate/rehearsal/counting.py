"""What the database says of a rehearsal when everybody has gone home: counted from rows, not from counters."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import connection

from fairgate.rehearsal.copies import Copy
from fairgate.rehearsal.facts import Facts, Move, Places

# In one statement, so that a hold that expires meanwhile is counted in one place and not in two.
PLACES = """
SELECT q.id, q.name, q.capacity, q.taken,
       (SELECT count(*) FROM orders_ticket t JOIN stock_draw d ON d.ticket_type_id = t.ticket_type_id
         WHERE d.quota_id = q.id AND NOT EXISTS (SELECT 1 FROM orders_cancellation c WHERE c.ticket_id = t.id)),
       (SELECT coalesce(sum(i.quantity), 0) FROM stock_holditem i JOIN stock_hold h ON h.id = i.hold_id
          JOIN stock_draw d ON d.ticket_type_id = i.ticket_type_id
         WHERE d.quota_id = q.id AND h.state = 'active')
  FROM stock_quota q WHERE q.event_id = %s ORDER BY q.id
"""
MOVES = """
SELECT m.quota_id, m.seq, m.quantity, coalesce(m.hold_id::text, ''), extract(epoch FROM m.at)::float8
  FROM stock_move m JOIN stock_quota q ON q.id = m.quota_id WHERE q.event_id = %s ORDER BY m.quota_id, m.seq
"""
PROMISED = """
SELECT coalesce(sum(i.quantity), 0) FROM stock_holditem i JOIN stock_hold h ON h.id = i.hold_id
 WHERE h.event_id = %s AND h.state = 'converted'
"""
ONE_HOLD = "SELECT count(*) - count(DISTINCT hold_id) FROM orders_order WHERE event_id = %s"
SEATS = """
SELECT s.block || ' ' || s.row || ' ' || s.number FROM orders_ticket t JOIN stock_seat s ON s.id = t.seat_id
 WHERE t.event_id = %s AND NOT EXISTS (SELECT 1 FROM orders_cancellation c WHERE c.ticket_id = t.id)
 GROUP BY s.id HAVING count(*) > 1
"""
DRAWS = """
SELECT d.ticket_type_id, d.quota_id FROM stock_draw d JOIN stock_quota q ON q.id = d.quota_id WHERE q.event_id = %s
"""
MAILS = """
SELECT count(*) FILTER (WHERE m.done_at IS NOT NULL), count(*) FILTER (WHERE m.done_at IS NULL)
  FROM outbox_message m WHERE m.payload ->> 'order' IN (SELECT id::text FROM orders_order WHERE event_id = %s)
"""


def count(copy: Copy) -> Facts:
    event = copy.event.pk
    draws: dict[int, list[int]] = defaultdict(list)
    for ticket_type, quota in _rows(DRAWS, event):
        draws[ticket_type].append(quota)
    mails, waiting = mails_of(copy)
    return Facts(
        places=[
            Places(quota, name, capacity, sold, int(held), taken)
            for quota, name, capacity, taken, sold, held in _rows(PLACES, event)
        ],
        moves=[Move(*row) for row in _rows(MOVES, event)],
        orders=frozenset(code for (code,) in _rows("SELECT code FROM orders_order WHERE event_id = %s", event)),
        tickets=_number("SELECT count(*) FROM orders_ticket WHERE event_id = %s", event),
        promised=_number(PROMISED, event),
        orders_of_one_hold=_number(ONE_HOLD, event),
        has_seats=any(offer.is_seated for offer in copy.offers),
        seats_sold_twice=[name for (name,) in _rows(SEATS, event)],
        draws=dict(draws),
        mails=mails,
        mails_waiting=waiting,
    )


def mails_of(copy: Copy) -> tuple[int, int]:
    """Made, and still to be made."""
    ((made, waiting),) = _rows(MAILS, copy.event.pk)
    return made, waiting


def _rows(query: str, event: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [event])
        return list(cursor.fetchall())


def _number(query: str, event: int) -> int:
    ((number,),) = _rows(query, event)
    return int(number)
