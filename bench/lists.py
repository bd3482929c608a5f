"""Do an organizer's pages stay as fast when there are many orders?

    python bench/lists.py                        200,000 orders against 2,000
    python bench/lists.py --orders 20000         against fewer
    python bench/lists.py --explain              how PostgreSQL reads for each list
    python bench/lists.py --markdown             its table for the documentation

Both are databases of one server, looked at in turns by a process each, through the console's own views. Twenty events
of one organizer; every tenth order waits for its money, every twentieth is canceled, names and addresses are many.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from statistics import median

import report
from django_shell import Shell
from stock_server import Database, Server, serving

FEW = 2_000
ROUNDS, LOOKS = 15, 3
EVENTS = 20
MAKE = """
import json
from fairgate.organizers.permissions import Role
from fairgate.testing.cast import make_concert, make_member, make_organizer

organizer = make_organizer("bench")
make_member(organizer, "olga@example.org", Role.OWNER)
made = [make_concert(organizer, f"night-{number}", capacity=1_000_000) for number in range(EVENTS)]
print(json.dumps([[concert.event.pk, concert.session.pk, concert.quota.pk, concert.standard.pk] for concert in made]))
"""
# The same mixture however many there are.
ORDERS = """
INSERT INTO orders_order (code, organizer_id, event_id, hold_id, state, email, buyer, name, currency, gross, net, tax,
                          placed_at, pay_by, idempotency_key, fingerprint)
SELECT upper(substr(md5(n::text), 1, 9)) || (n % 10), organizer, (events)[1 + n % {events}],
       md5('hold' || n)::uuid,
       CASE WHEN n % 10 = 0 THEN 'pending' WHEN n % 20 = 1 THEN 'canceled' ELSE 'paid' END,
       'ben' || n || '@example.org', md5('ben' || n)::uuid,
       (array['Asha','Ben','Chitra','Dev','Esha','Farah','Gita'])[1 + n % 7] || ' ' || substr(md5('n' || n), 1, 6),
       'INR', 199800, 169322, 30478, now() - interval '1 second' * ({orders} - n),
       CASE WHEN n % 10 = 0 THEN now() + interval '3 days' END, md5('key' || n)::uuid, md5('print' || n)::uuid
  FROM generate_series(1, {orders}) n,
       (SELECT id AS organizer FROM organizers_organizer WHERE slug = 'bench') o,
       (SELECT array_agg(id ORDER BY id) AS events FROM events_event) e
"""
TICKETS = """
INSERT INTO orders_ticket (id, reference, order_id, event_id, session_id, ticket_type_id, position, attendee_name,
                           gross, net, tax, tax_rate_bp)
SELECT md5('t' || o.id || '-' || p)::uuid, upper(substr(md5('r' || o.id || '-' || p), 1, 12)), o.id, o.event_id,
       s.id, t.id, p, o.name, 99900, 84661, 15239, 1800
  FROM orders_order o
  JOIN events_session s ON s.event_id = o.event_id
  JOIN events_tickettype t ON t.event_id = o.event_id AND t.name = 'Standard'
 CROSS JOIN generate_series(1, 2) p
"""
PAYMENTS = """
INSERT INTO payments_payment (order_id, method, state, amount, currency, created_at, received_at)
SELECT id, 'transfer', CASE state WHEN 'pending' THEN 'pending' ELSE 'received' END, gross, currency, placed_at,
       CASE WHEN state <> 'pending' THEN placed_at END
  FROM orders_order
"""
TAKEN = """
UPDATE stock_quota q SET taken = (SELECT count(*) FROM orders_ticket t WHERE t.session_id = q.session_id)
"""
# Pages, and addresses below the organizer. {middle} is an order half way down.
PAGES = {
    "orders, the newest": "orders/",
    "orders, half way down": "orders/?before={middle}",
    "orders of one event": "orders/?event=night-3",
    "orders that wait for money": "orders/?state=pending",
    "search by the beginning of an address": "orders/?q=ben17",
    "search by a whole address": "orders/?q=ben1777@example.org",
    "search by the beginning of a name": "orders/?q=Chitra",
    "search by code": "orders/?q={code}",
    "search for what is not there": "orders/?q=zzzz",
    "one order": "orders/{code}/",
    "events": "events/",
    "one event, with its sales": "events/night-3/",
    "overview": "",
}
LISTS = [name for name in PAGES if name.startswith(("orders", "search", "one order"))]
LOOK = """
import json, sys, time
from statistics import median
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment

setup_test_environment()
browser = Client()
browser.force_login(get_user_model().objects.get(email="olga@example.org"))

def look(path):
    answer = browser.get("/console/bench/" + path)
    assert answer.status_code == 200, (path, answer.status_code)

print("ready", flush=True)
for line in sys.stdin:
    path, times = json.loads(line)
    look(path)
    took = []
    for _ in range(times):
        began = time.perf_counter()
        look(path)
        took.append((time.perf_counter() - began) * 1000)
    print(json.dumps(median(took)), flush=True)
"""
EXPLAIN = """
import json, sys
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment

setup_test_environment()
browser = Client()
browser.force_login(get_user_model().objects.get(email="olga@example.org"))
told = []
def explain(execute, sql, params, many, context):
    if sql.startswith("SELECT") and "orders_" in sql:
        with connection.cursor() as cursor:
            cursor.cursor.execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) " + sql, params)
            told.append("\\n".join(line for (line,) in cursor.fetchall()))
    return execute(sql, params, many, context)
for name, path in json.loads(PAGES).items():
    told.clear()
    with connection.execute_wrapper(explain):
        browser.get("/console/bench/" + path)
    print("##", name)
    print("\\n--\\n".join(told))
"""


def main() -> None:
    wish = _wish()
    with ExitStack() as stack:
        server = stack.enter_context(serving())
        few, many = fill(server, "few", FEW), fill(server, "many", wish.orders)
        if wish.explain:
            print(
                many.manage(
                    "shell", "--no-imports", "--command", f"PAGES = {json.dumps(json.dumps(_pages(many)))}\n{EXPLAIN}"
                )
            )
            return
        found = compare(few, many)
    head = ("page, ms", f"{FEW:,} orders", f"{wish.orders:,} orders", "times")
    rows = [(name, f"{a:.1f}", f"{b:.1f}", f"{b / a:.2f}") for name, (a, b) in found.items()]
    print(report.machine())
    print((report.markdown if wish.markdown else report.table)(head, rows))
    worst = max(found[name][1] / found[name][0] for name in LISTS)
    print(f"\nThe most that a list or a search of orders grew: {worst:.2f} times (goal: 1.3).")


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lists", description="Pages over many orders.")
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--explain", action="store_true", help="the plans instead of the times")
    parser.add_argument("--markdown", action="store_true")
    return parser.parse_args()


def fill(server: Server, name: str, orders: int) -> Database:
    report.say(f"{orders:,} orders.")
    database = server.create_with_schema(name)
    database.run_in_django(MAKE.replace("EVENTS", str(EVENTS)))
    database.run(
        "BEGIN", ORDERS.format(orders=orders, events=EVENTS), TICKETS, PAYMENTS, TAKEN, "COMMIT", "VACUUM ANALYZE"
    )
    return database


def compare(few: Database, many: Database) -> dict[str, tuple[float, float]]:
    """In turns, page by page."""
    with Shell(few, LOOK) as one, Shell(many, LOOK) as other:
        pages = (_pages(few), _pages(many))
        taken: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in PAGES}
        for number in range(1, ROUNDS + 1):
            report.say(f"Round {number} of {ROUNDS}.")
            for name, (ours, theirs) in taken.items():
                ours.append(one.ask([pages[0][name], LOOKS]))
                theirs.append(other.ask([pages[1][name], LOOKS]))
    return {name: (median(ours), median(theirs)) for name, (ours, theirs) in taken.items()}


def _pages(database: Database) -> dict[str, str]:
    middle = database.ask("SELECT (min(id) + max(id)) / 2 FROM orders_order")
    code = database.ask(f"SELECT code FROM orders_order WHERE id = {middle}")
    return {name: path.format(middle=middle, code=code) for name, path in PAGES.items()}


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
