"""Plans that are made while the tables are empty must stay good as they grow: what a call reads does not grow along."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from fairgate.testing.cast import Concert, hold

pytestmark = pytest.mark.django_db

OLD = 20_000
# More pages than these for one call mean that it reads what it does not need.
MOST_PAGES = 100
CALLS = {
    "hold": "SELECT * FROM stock_hold_places(%(event)s, '10 min', ARRAY[gen_random_uuid()], ARRAY[gen_random_uuid()],"
    " ARRAY[gen_random_uuid()], '{1}', ARRAY[%(type)s]::bigint[], '{1}', '{}', '{}')",
    "extend": "SELECT stock_extend_hold(%(hold)s, '5 min')",
    "release": "SELECT stock_release_hold(%(hold)s)",
    "convert": "SELECT stock_convert_hold(%(hold)s)",
    "expire": "SELECT stock_expire_holds(100)",
    "return": "SELECT stock_return_places(%(hold)s, ARRAY[gen_random_uuid()], ARRAY[%(type)s]::bigint[], '{null}')",
    "swap": "SELECT * FROM stock_swap_ticket(%(hold)s, gen_random_uuid(), %(type)s, %(other)s, NULL, NULL)",
}
FILL = """
WITH old AS (
    INSERT INTO stock_hold (id, event_id, state, idempotency_key, fingerprint, created_at, expires_at)
    SELECT gen_random_uuid(), %(event)s, CASE WHEN n %% 2 = 0 THEN 'active' ELSE 'converted' END, gen_random_uuid(),
           gen_random_uuid(), now(), now() + interval '10 min'
      FROM generate_series(1, %(old)s) n
    RETURNING id),
items AS (INSERT INTO stock_holditem (hold_id, ticket_type_id, quantity, unit_price) SELECT id, %(type)s, 1, 0 FROM old)
INSERT INTO stock_move (quota_id, seq, kind, quantity, capacity, hold_id, ticket_type_id)
SELECT %(quota)s, 1000000 + row_number() OVER (), 'hold', 1, 100, id, %(type)s FROM old
"""


# What the planner believes as it makes the plans that are kept.
BELIEFS = {
    "nothing is known": "",
    "there are few": "ANALYZE stock_hold, stock_holditem, stock_move, stock_quota",
    "there were many and are none": FILL
    + """; DELETE FROM stock_move; DELETE FROM stock_holditem; DELETE FROM stock_hold;
         ANALYZE stock_hold, stock_holditem, stock_move, stock_quota""",
}


@pytest.fixture(params=BELIEFS)
def kept_plans(request: pytest.FixtureRequest, concert: Concert) -> None:
    """Every function has been called so often on nearly empty tables that its plans are kept."""
    with connection.cursor() as cursor:
        cursor.execute("DISCARD PLANS")
        believed = BELIEFS[request.param]
        if believed:
            for statement in believed.split(";"):
                cursor.execute(statement, filling(concert))
        for call in CALLS.values():
            for _ in range(7):
                cursor.execute(call, arguments(concert, hold((concert.free, 1)).hold))
        cursor.execute("UPDATE stock_quota SET capacity = 1000000")
        cursor.execute(FILL, filling(concert))


def filling(concert: Concert) -> dict[str, int]:
    return {"event": concert.event.pk, "type": concert.free.pk, "quota": concert.quota.pk, "old": OLD}


def arguments(concert: Concert, hold_id: UUID) -> dict[str, Any]:
    return {"event": concert.event.pk, "type": concert.free.pk, "other": concert.standard.pk, "hold": hold_id}


def pages(concert: Concert, name: str) -> int:
    hold_id = hold((concert.free, 1)).hold
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {CALLS[name]}", arguments(concert, hold_id))
        (found,) = cursor.fetchone()
    (plan,) = json.loads(found) if isinstance(found, str) else found
    return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])


@pytest.mark.usefixtures("kept_plans")
@pytest.mark.parametrize("name", CALLS)
def test_a_call_reads_as_little_with_many_old_holds(concert: Concert, name: str) -> None:
    assert pages(concert, name) < MOST_PAGES
