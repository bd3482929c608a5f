"""Mail that anyone may ask for, to whatever address they type: not one after the other."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from fairgate.stock.engine import digest

PAUSE = timedelta(minutes=5)

ASK = """
INSERT INTO orders_mailasked (id, at) VALUES (%s, now())
ON CONFLICT (id) DO UPDATE SET at = now() WHERE orders_mailasked.at <= now() - make_interval(secs => %s)
RETURNING id
"""
FORGET = "DELETE FROM orders_mailasked WHERE at <= now() - make_interval(secs => %s)"


def may_mail(*what: str) -> bool:
    """Whether this mail, told by its purpose and its address, was not asked for within the last minutes.

    In the transaction that sends it: what is not sent leaves no trace. Of two who ask at the same moment one may.
    """
    with connection.cursor() as cursor:
        cursor.execute(ASK, (digest("mail", *what), PAUSE.total_seconds()))
        return cursor.fetchone() is not None


def forget() -> int:
    with connection.cursor() as cursor:
        cursor.execute(FORGET, (PAUSE.total_seconds(),))
        return int(cursor.rowcount)
