"""Takes a rehearsal away with all that was made in it, and nothing else.

An order, a move and an audit entry are never deleted anywhere else; so this knows its way by the rehearsal's organizer
alone, and each statement names it.
"""

from __future__ import annotations

import time

from django.db import connection, transaction

from fairgate.rehearsal.models import Rehearsal

EVENTS = "SELECT id FROM events_event WHERE organizer_id = %(organizer)s"
ORDERS = "SELECT id FROM orders_order WHERE organizer_id = %(organizer)s"
TICKETS = f"SELECT id FROM orders_ticket WHERE order_id IN ({ORDERS})"
QUOTAS = f"SELECT id FROM stock_quota WHERE event_id IN ({EVENTS})"
HOLDS = f"SELECT id FROM stock_hold WHERE event_id IN ({EVENTS})"
TYPES = f"SELECT id FROM events_tickettype WHERE event_id IN ({EVENTS})"
LISTS = f"SELECT id FROM checkin_checkinlist WHERE event_id IN ({EVENTS})"
# What refers to something goes before it.
STATEMENTS = (
    "DELETE FROM outbox_message WHERE payload ->> 'order' IN"
    " (SELECT id::text FROM orders_order WHERE organizer_id = %(organizer)s)",
    f"DELETE FROM checkin_scan WHERE list_id IN ({LISTS})",
    f"DELETE FROM checkin_checkinlist_ticket_types WHERE checkinlist_id IN ({LISTS})",
    f"DELETE FROM checkin_checkinlist WHERE event_id IN ({EVENTS})",
    f"DELETE FROM stock_move WHERE quota_id IN ({QUOTAS})",
    f"DELETE FROM orders_cancellation WHERE ticket_id IN ({TICKETS})",
    f"DELETE FROM orders_ticket WHERE order_id IN ({ORDERS})",
    f"DELETE FROM payments_payment WHERE order_id IN ({ORDERS})",
    "DELETE FROM orders_order WHERE organizer_id = %(organizer)s",
    f"DELETE FROM orders_verifiedaddress WHERE event_id IN ({EVENTS})",
    f"DELETE FROM stock_holditem WHERE hold_id IN ({HOLDS})",
    f"DELETE FROM stock_hold WHERE event_id IN ({EVENTS})",
    f"DELETE FROM stock_seattaken WHERE seat_id IN (SELECT id FROM stock_seat WHERE quota_id IN ({QUOTAS}))",
    f"DELETE FROM stock_seat WHERE quota_id IN ({QUOTAS})",
    f"DELETE FROM stock_draw WHERE quota_id IN ({QUOTAS}) OR ticket_type_id IN ({TYPES})",
    f"DELETE FROM stock_quota WHERE event_id IN ({EVENTS})",
    f"DELETE FROM events_tickettype WHERE event_id IN ({EVENTS})",
    f"DELETE FROM events_session WHERE event_id IN ({EVENTS})",
    f"DELETE FROM events_eventpicture WHERE event_id IN ({EVENTS})",
    f"DELETE FROM events_announcement WHERE event_id IN ({EVENTS})",
    f"DELETE FROM stock_minutecount WHERE event_id IN ({EVENTS})",
    "DELETE FROM events_event WHERE organizer_id = %(organizer)s",
    "DELETE FROM organizers_auditentry WHERE organizer_id = %(organizer)s",
    "DELETE FROM rehearsal_rehearsal WHERE organizer_id = %(organizer)s",
    "DELETE FROM organizers_organizer WHERE id = %(organizer)s",
)


def remove(organizer: int, settle_s: float = 0) -> None:
    """Nobody can buy from the first moment on, and nothing of it is left when this returns.

    Requests that were on their way, and counts that processes write a second later, come before the rest: `settle_s`.
    """
    if not Rehearsal.objects.filter(organizer=organizer).exists():
        return
    _close(organizer)
    time.sleep(settle_s)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, {"organizer": organizer})


def remove_all() -> int:
    """What a rehearsal left behind that was killed. For who holds the turn: no other one runs."""
    left = list(Rehearsal.objects.values_list("organizer", flat=True))
    for organizer in left:
        remove(organizer)
    return len(left)


def _close(organizer: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_event SET state = 'closed' WHERE organizer_id = %s", [organizer])
