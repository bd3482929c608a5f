"""Those who sell without the door: `python -m tests.faults.insiders open NAME`, then `… sell ERRAND` until told to end.

Buyers hold by lanes and choose seats, Olga organizes, Time lets holds expire. When it is over, all that was sold is
canceled, so that in the end everything has to be free.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import django

django.setup()

from fairgate.orders.models import Ticket  # noqa: E402
from fairgate.services.stock.lane import Lanes  # noqa: E402
from fairgate.services.stock.store import Store  # noqa: E402
from tests.faults.errand import Crowd, Errand, read_errand, recorder_of, wait_for_the_end  # noqa: E402
from tests.faults.gauge import Gauge  # noqa: E402
from tests.faults.history import Recorder  # noqa: E402
from tests.faults.holding import Buyer  # noqa: E402
from tests.faults.insider import LOST  # noqa: E402
from tests.faults.offering import make_offer  # noqa: E402
from tests.faults.organizing import Olga  # noqa: E402

OLGAS = 2
# As so many stock processes would.
LANES = 2
# How often Time looks, and how old a hold becomes before it has to end.
TIME_PAUSE_S, AGE_S = 0.2, 0.4
EXPIRE = """
UPDATE stock_hold SET expires_at = clock_timestamp() WHERE id IN (
    SELECT id FROM stock_hold
     WHERE event_id = %s AND state = 'active' AND created_at < clock_timestamp() - %s * interval '1 second'
       AND expires_at > clock_timestamp()
     ORDER BY id FOR UPDATE SKIP LOCKED)
"""
REMAINING = "SELECT count(*) FROM stock_hold WHERE event_id = %s AND state = 'active'"
CANCELERS = 4
RETURNED_S = 30.0


def expire(store: Store, event: int, age_s: float) -> None:
    with suppress(*LOST), store.connect() as conn:
        conn.execute(EXPIRE, (event, age_s))


def let_time_pass(store: Store, event: int, is_over: threading.Event) -> None:
    while not is_over.wait(TIME_PAUSE_S):
        expire(store, event, AGE_S)


def close(errand: Errand, store: Store, recorder: Recorder, gauge: Gauge) -> None:
    """Cancel what was sold, let expire what is held, and wait until the sweeper has given it all back."""
    good = Ticket.objects.filter(event_id=errand.offer.event, cancellation__isnull=True)
    by_order: dict[int, list[Ticket]] = {}
    for ticket in good:
        by_order.setdefault(ticket.order_id, []).append(ticket)
    last = Olga(errand, "Olga at last", 0, recorder, gauge)
    with ThreadPoolExecutor(CANCELERS) as hands:
        list(hands.map(last.cancel, by_order.keys(), by_order.values()))
    deadline = time.monotonic() + RETURNED_S
    while _remaining(store, errand.offer.event) and time.monotonic() < deadline:
        expire(store, errand.offer.event, 0)
        time.sleep(0.2)


def _remaining(store: Store, event: int) -> int:
    with store.connect() as conn:
        return int(conn.execute(REMAINING, (event,)).fetchone()[0])  # type: ignore[index]


def sell(errand: Errand) -> None:
    # Of a database that is away by intent.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    store = Store(os.environ["FAIRGATE_DATABASE_URL"], 16)
    gauge = Gauge(Path(errand.gauge))
    lanes = [Lanes(store.connect) for _ in range(LANES)]
    is_over = threading.Event()
    with recorder_of(errand) as recorder:
        buyers = [
            Buyer(errand, f"insider {n}", n, recorder, gauge, lanes=lanes, store=store) for n in range(errand.clients)
        ]
        olgas = [Olga(errand, f"Olga {n}", errand.clients + n, recorder, gauge) for n in range(OLGAS)]
        crowd = Crowd([*buyers, *olgas], gauge)
        timekeeper = threading.Thread(target=let_time_pass, args=(store, errand.offer.event, is_over))
        timekeeper.start()
        crowd.start()
        wait_for_the_end()
        crowd.stop()
        is_over.set()
        timekeeper.join()
        # The visitors, who may still order, have ended too.
        wait_for_the_end()
        close(errand, store, recorder, gauge)
        gauge.publish(len(recorder.operations), gauge.done)
    store.close()


def main(command: str, argument: str) -> None:
    if command == "open":
        print(json.dumps(asdict(make_offer(argument))))
    else:
        sell(read_errand(argument))


if __name__ == "__main__":
    main(*sys.argv[1:])
