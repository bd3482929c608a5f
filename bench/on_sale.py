"""What does the on-sale page cost, and does its counting make holds slower?

    python bench/on_sale.py                      both, about three minutes
    python bench/on_sale.py --pairs 20           more pairs of the counting
    python bench/on_sale.py --markdown           its tables for the documentation

Counting: the lanes of a stock process sell one contested quota to askers of an event loop, with and without counting,
in turns. This is less work around a hold than a request has, so the share of the counting comes out larger than it is.
The page: five organizers who each look every three seconds, while the same lanes sell as fast as they can, against the
same rush with nobody looking; each process keeps what it read near alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from uuid import uuid4

import meter
import report
import stock_lanes
from django_shell import Shell
from sale import Sale, open_sale
from stock_server import Database, serving

ASKERS = 128
WINDOW_S = 2.5
WARM_UP_S = 0.5
ORGANIZERS, EVERY_S = 5, 3.0
RUSH_S, RUSHES = 6.0, 3
ORDERS = 20_000
# As many orders as a large sale has, half of them in its last hour.
FILL = """
INSERT INTO orders_order (code, organizer_id, event_id, hold_id, state, email, buyer, name, currency, gross, net, tax,
                          placed_at, idempotency_key, fingerprint)
SELECT upper(substr(md5(n::text), 1, 9)) || (n % 10), organizer_id, id, md5('hold' || n)::uuid, 'paid',
       'ben' || n || '@example.org', md5('ben' || n)::uuid, 'Ben Buyer', 'EUR', 0, 0, 0,
       now() - interval '2 hours' * ({orders} - n) / {orders}, md5('key' || n)::uuid, md5('print' || n)::uuid
  FROM generate_series(1, {orders}) n, events_event WHERE id = {event};
INSERT INTO orders_ticket (id, reference, order_id, event_id, session_id, ticket_type_id, position, attendee_name,
                           gross, net, tax, tax_rate_bp)
SELECT md5('t' || o.id || p)::uuid, upper(substr(md5('r' || o.id || p), 1, 12)), o.id, o.event_id, t.session_id, t.id,
       p, o.name, 0, 0, 0, 0
  FROM orders_order o JOIN events_tickettype t ON t.event_id = o.event_id CROSS JOIN generate_series(1, 2) p;
INSERT INTO stock_minutecount SELECT {event}, floor(extract(epoch FROM now()) / 60)::bigint - ago, what, 100
  FROM generate_series(0, 60) ago, unnest(array['held', 'sold-out', 'limit', 'busy', 'ms-50', 'ms-250', 'views']) what
    ON CONFLICT DO NOTHING;
"""
LOOK = """
import json, sys, time
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment
from fairgate.console.on_sale import _read
from fairgate.events.models import Event
from fairgate.organizers.models import Organizer
from fairgate.organizers.permissions import Role
from fairgate.testing.cast import make_member

setup_test_environment()
make_member(Organizer.objects.get(slug="bench"), "olga@example.org", Role.OWNER)
browser = Client()
browser.force_login(get_user_model().objects.get(email="olga@example.org"))
event = Event.objects.select_related("organizer").get(pk=EVENT)
path = f"/console/bench/events/{event.slug}/on-sale/now/?minutes=60&state=published"

def look():
    answer = browser.get(path, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and b"Tickets sold" in answer.content, answer.status_code

look()
print("ready", flush=True)
for line in sys.stdin:
    seconds, every = json.loads(line)
    began, cpu, looks = time.perf_counter(), time.process_time(), 0
    with CaptureQueriesContext(connection) as asked:
        if seconds:
            while time.perf_counter() - began < seconds:
                look()
                looks += 1
                time.sleep(max(0, began + looks * every - time.perf_counter()))
        else:
            _read(event)
            looks = 1
    took = (time.perf_counter() - began) * 1000
    print(json.dumps([looks, took, (time.process_time() - cpu) * 1000, len(asked)]), flush=True)
"""


@dataclass(frozen=True)
class Counted:
    rate: float
    cpu_ms: float
    postgres_ms: float


@dataclass(frozen=True)
class Looked:
    looks: int
    took_ms: float
    cpu_ms: float
    statements: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="on_sale", description="The cost of the on-sale page and of its counting.")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--markdown", action="store_true")
    wish = parser.parse_args()
    show = report.markdown if wish.markdown else report.table
    with serving() as server:
        database = server.create_with_schema("bench")
        sale = open_sale(database)
        report.say("Holds with and without counting.")
        with ProcessPoolExecutor(1) as apart:
            pairs = apart.submit(count_in_turns, database, sale, wish.pairs).result()
        print(report.machine())
        print(
            show(("holds, one contested quota", "without", "counting", "of pairs, median"), _pair_rows(pairs)),
            flush=True,
        )
        database.run(FILL.format(event=sale.event, orders=ORDERS))
        database.run("VACUUM ANALYZE")
        # One who looks for all of them.
        look = LOOK.replace("EVENT", str(sale.event))
        with Shell(database, look, FAIRGATE_CACHE_URL="local://") as organizers:
            built = [_build(organizers) for _ in range(9)]
            rushes = [_rush(database, sale, organizers, looks) for _ in range(RUSHES) for looks in (False, True)]
        moves = database.ask(f"SELECT count(*) FROM stock_move WHERE quota_id = {sale.quota}")
    print()
    print(show(("the page", ""), _page_rows(built, rushes, moves)))


def count_in_turns(database: Database, sale: Sale, pairs: int) -> list[tuple[Counted, Counted]]:
    """The order changes from pair to pair, so that whoever comes second gains nothing over all."""
    os.environ.update(database.environment())
    from fairgate.services.stock import LANE_CONNECTIONS
    from fairgate.services.stock.counted import Counted as Counting
    from fairgate.services.stock.lane import Lanes
    from fairgate.services.stock.store import Store
    from fairgate.stock.pulse import Pulse

    store = Store(database.url, LANE_CONNECTIONS)
    lanes = Lanes(store.connect, LANE_CONNECTIONS)
    sellers = lanes, Counting(lanes, Pulse(store.connect))
    found = []
    for number in range(pairs + 1):
        first, second = (0, 1) if number % 2 else (1, 0)
        told = {which: asyncio.run(_sell(sellers[which], database, sale)) for which in (first, second)}
        if number:  # The first pair warms up.
            found.append((told[0], told[1]))
    store.close()
    return found


async def _sell(seller: object, database: Database, sale: Sale) -> Counted:
    from fairgate.services.stock.waiting import Busy
    from fairgate.stock.engine import HoldRequest, Item, Outcome

    sold, is_over = 0, False

    async def ask() -> None:
        nonlocal sold
        while not is_over:
            key = uuid4()
            wanted = HoldRequest(sale.event, (Item(sale.ticket_types[0], 1),), key, key)
            with suppress(Busy):  # On a machine that others use, too.
                answer = await seller.ask(wanted)  # type: ignore[attr-defined]
                sold += answer.outcome == Outcome.HELD

    askers = [asyncio.create_task(ask()) for _ in range(ASKERS)]
    await asyncio.sleep(WARM_UP_S)
    before, began, cpu, theirs = sold, time.perf_counter(), time.process_time(), meter.cpu_ms(database.pids)
    await asyncio.sleep(WINDOW_S)
    held, seconds = sold - before, time.perf_counter() - began
    ours, postgres = time.process_time() - cpu, meter.between(theirs, meter.cpu_ms(database.pids))["postgres"]
    is_over = True
    await asyncio.gather(*askers)
    return Counted(held / seconds, ours * 1000 / held, postgres / held)


def _build(organizers: Shell) -> Looked:
    """The figures once, with nothing kept."""
    return Looked(*organizers.ask([0, 0]))


def _rush(database: Database, sale: Sale, organizers: Shell, looks: bool) -> tuple[float, Looked | None]:
    report.say(f"A rush {'with' if looks else 'without'} organizers.")
    with ProcessPoolExecutor(1) as apart:
        selling = stock_lanes.start(apart, database, sale, 64, RUSH_S)
        time.sleep(stock_lanes.WARM_UP_S)
        if looks:
            organizers.tell([RUSH_S, EVERY_S / ORGANIZERS])
        rate = selling.result().rate
    return rate, Looked(*organizers.hear()) if looks else None


def _pair_rows(pairs: Sequence[tuple[Counted, Counted]]) -> list[tuple[str, str, str, str]]:
    rows = []
    for name, field, shape in (
        ("holds a second", "rate", "{:,.0f}"),
        ("CPU-ms of the stock process for one", "cpu_ms", "{:.4f}"),
        ("CPU-ms of PostgreSQL for one", "postgres_ms", "{:.4f}"),
    ):
        ours = [(getattr(one, field), getattr(other, field)) for one, other in pairs]
        share = median(other / one for one, other in ours)
        without, counting = median(one for one, _ in ours), median(other for _, other in ours)
        rows.append((name, shape.format(without), shape.format(counting), f"{(share - 1) * 100:+.1f} %"))
    return rows


def _page_rows(
    built: Sequence[Looked], rushes: Sequence[tuple[float, Looked | None]], moves: int
) -> list[tuple[str, str]]:
    looked = [one for _, one in rushes if one]
    looks = sum(one.looks for one in looked)
    alone, watched = ([rate for rate, one in rushes if bool(one) == is_watched] for is_watched in (False, True))
    ratio = median(other / one for one, other in zip(alone, watched, strict=True))
    return [
        (
            f"the figures of {ORDERS:,} orders and {moves:,} moves, built anew",
            f"{median(b.took_ms for b in built):.0f} ms",
        ),
        ("statements for that", str(built[-1].statements)),
        (f"looks a second of {ORGANIZERS} organizers", f"{looks / RUSH_S / len(looked):.2f}"),
        ("statements for a look, in the middle", f"{sum(one.statements for one in looked) / looks:.1f}"),
        ("CPU-ms of web for a look, in the middle", f"{sum(one.cpu_ms for one in looked) / looks:.1f}"),
        ("CPU-ms of web a second, all organizers", f"{sum(one.cpu_ms for one in looked) / RUSH_S / len(looked):.1f}"),
        ("holds a second with nobody looking", f"{median(alone):,.0f}"),
        ("holds a second while they look", f"{median(watched):,.0f} ({(ratio - 1) * 100:+.1f} %)"),
    ]


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
