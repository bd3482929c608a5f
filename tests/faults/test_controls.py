"""Shops that must fail, so that it is known what the proof is worth: each is the real one with one protection less."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from fairgate.services.stock.lane import Lanes
from fairgate.services.stock.store import Store
from fairgate.services.stock.waiting import Busy
from fairgate.stock import engine
from fairgate.stock.engine import HoldRequest, Item
from fairgate.testing.cast import Concert, make_concert, make_organizer
from fairgate.testing.pair import Pair
from fairgate.testing.waiting import wait_until
from tests.faults.checker import Rule, Violation, check
from tests.faults.history import Kind, Operation, Recorder
from tests.faults.ledger import Ledger, read_ledger

PLACES, BUYERS = 5, 20

LOCK = "ORDER BY q.id FOR UPDATE) q;"
READ = "v_now := clock_timestamp();\n"
# In which every buyer has read how many places are free, and none has taken any.
PAUSE = "PERFORM pg_sleep(0.2);\n"


@pytest.fixture
def small(transactional_db: None) -> Concert:
    return make_concert(make_organizer("riverside"), capacity=PLACES)


@contextmanager
def another_shop(*, is_locked: bool, is_checked: bool) -> Iterator[str]:
    """The same tables, seen through a schema of their own that has another hold function and another quota table."""
    its = connection.settings_dict
    url = f"postgresql://{its['USER']}:{its['PASSWORD']}@{its['HOST']}:{its['PORT']}/{its['NAME']}"
    with psycopg.connect(url, autocommit=True) as conn:
        ((source,),) = conn.execute("SELECT pg_get_functiondef('public.stock_hold_places'::regproc)").fetchall()
        assert [source.count(text) for text in ("public.stock_hold_places", LOCK, READ)] == [1, 1, 1]
        source = source.replace("public.stock_hold_places", "another.stock_hold_places").replace(READ, PAUSE + READ)
        conn.execute("CREATE SCHEMA another")
        try:
            conn.execute((source if is_locked else source.replace(LOCK, "ORDER BY q.id) q;")).encode())
            conn.execute(
                "CREATE TABLE another.stock_quota (LIKE public.stock_quota INCLUDING DEFAULTS INCLUDING INDEXES)"
            )
            if is_checked:
                conn.execute("ALTER TABLE another.stock_quota ADD CHECK (taken >= 0 AND taken <= capacity)")
            conn.execute("INSERT INTO another.stock_quota SELECT * FROM public.stock_quota")
            yield f"{url}?options=-csearch_path%3Danother,public"
        finally:
            conn.execute("DROP SCHEMA another CASCADE")


def rush(url: str, concert: Concert) -> tuple[Counter[str], list[Violation], Ledger]:
    """All at the same moment want one place each."""
    recorder, start = Recorder(), threading.Barrier(BUYERS)

    def buy(number: int) -> str:
        with psycopg.connect(url, autocommit=True) as conn:
            request = one_place(concert.event.pk, concert.free.pk)
            start.wait(30)
            return ask(recorder, number, request, lambda: engine.hold_places(conn, request.event, [request])[0])

    with ThreadPoolExecutor(BUYERS) as buyers:
        outcomes = Counter(buyers.map(buy, range(BUYERS)))
    with psycopg.connect(url, autocommit=True) as conn:
        ledger = read_ledger(conn, [concert.event.pk])
    return outcomes, check(recorder.operations, ledger), ledger


def one_place(event: int, ticket_type: int) -> HoldRequest:
    key = uuid4()
    return HoldRequest(event, (Item(ticket_type, 1),), key, key)


def ask(recorder: Recorder, number: int, request: HoldRequest, hold: Callable[[], engine.Answer]) -> str:
    items = {item.ticket_type: item.quantity for item in request.items}
    with recorder.asking(f"buyer {number}", Kind.HOLD, key=str(request.key), items=items) as asked:
        try:
            answer = hold()
        except psycopg.errors.CheckViolation:
            asked.refused("by the table's own check")
            return "refused by the check"
        except (Busy, psycopg.OperationalError) as error:
            asked.unknown(type(error).__name__)
            return "unknown"
        if answer.is_held:
            asked.done(hold=str(answer.hold))
        else:
            asked.sold_out()
        return str(answer.outcome)


def test_the_lock_alone_is_enough(small: Concert) -> None:
    with another_shop(is_locked=True, is_checked=False) as url:
        outcomes, violations, _ = rush(url, small)

    assert (outcomes, violations) == ({"held": PLACES, "sold-out": BUYERS - PLACES}, [])


def test_the_check_alone_is_enough(small: Concert) -> None:
    with another_shop(is_locked=False, is_checked=True) as url:
        outcomes, violations, _ = rush(url, small)

    # Who comes after the others' commit finds it sold out in the ordinary way.
    assert outcomes["held"] == PLACES
    assert outcomes["refused by the check"] == BUYERS - PLACES - outcomes.get("sold-out", 0) > 0
    assert violations == []


def test_without_both_too_much_is_sold_and_the_checker_says_so(small: Concert) -> None:
    with another_shop(is_locked=False, is_checked=False) as url:
        outcomes, violations, ledger = rush(url, small)

    (hall,) = [quota for quota in ledger.quotas if quota.id == small.quota.pk]
    assert outcomes["held"] == hall.taken > PLACES
    assert {violation.rule for violation in violations} == {Rule.CAPACITY}


CLIENTS, ENOUGH = 16, 200
# The two cores may have much else to do.
PATIENCE_S = 60
CONCERT = """
from fairgate.testing.cast import make_concert, make_organizer
concert = make_concert(make_organizer("riverside"), capacity=1_000_000)
print(concert.event.pk, concert.free.pk)
"""


@dataclass(frozen=True)
class Failover:
    """What was told before and after the primary was lost, and what the promoted standby knows of it."""

    operations: list[Operation]
    lost_at: float
    ledger: Ledger

    @property
    def in_flight(self) -> int:
        return sum(one.invoked_at < self.lost_at < one.returned_at for one in self.operations)

    @property
    def violations(self) -> list[Violation]:
        return check(self.operations, self.ledger)


def sell_through_a_failover(*, is_synchronous: bool) -> Failover:
    """The standby stands still, the primary is lost, the standby goes on as the primary."""
    with Pair(is_synchronous=is_synchronous) as pair:
        pair.migrate()
        event, ticket_type = map(int, pair.manage("shell", "--no-imports", "--command", CONCERT).split())
        store, recorder = Store(pair.url, max_size=4), Recorder()
        with selling(Lanes(store.connect), event, ticket_type, recorder) as sold:
            wait_until(lambda: sold() > ENOUGH, PATIENCE_S)
            pair.pause_standby()
            paused = sold()
            # Without a standby to wait for it goes on selling; else all will be waiting soon.
            stands = (lambda: recorder.in_flight == CLIENTS) if is_synchronous else (lambda: sold() > paused + ENOUGH)
            wait_until(stands, PATIENCE_S)
            lost_at = time.time()
            pair.kill_primary()
            pair.lose_what_is_on_the_way()
            pair.resume_standby()
            pair.promote()
            promoted = sold()
            wait_until(lambda: sold() > promoted + ENOUGH, PATIENCE_S)
        store.close()
        with psycopg.connect(pair.url, autocommit=True) as conn:
            return Failover(recorder.operations, lost_at, read_ledger(conn, [event]))


@contextmanager
def selling(lanes: Lanes, event: int, ticket_type: int, recorder: Recorder) -> Iterator[Callable[[], int]]:
    """Tells how many were sold by now. Who does not know what became of a request asks again under its key."""
    is_over = threading.Event()
    told: Counter[str] = Counter()

    def keep_buying(number: int) -> None:
        while not is_over.is_set():
            request, outcome = one_place(event, ticket_type), "unknown"
            while outcome == "unknown" and not is_over.is_set():
                outcome = ask(recorder, number, request, lambda request=request: lanes.hold(request))  # type: ignore[misc]
            told[outcome] += 1

    with ThreadPoolExecutor(CLIENTS) as clients:
        going = [clients.submit(keep_buying, number) for number in range(CLIENTS)]
        try:
            yield lambda: told["held"]
        finally:
            is_over.set()
    for one in going:
        one.result()


@pytest.mark.timeout(300)
def test_an_asynchronous_standby_loses_what_was_confirmed_and_the_checker_says_so() -> None:
    failover = sell_through_a_failover(is_synchronous=False)

    assert failover.in_flight > 0
    lost = [one for one in failover.violations if "was confirmed and is not there" in one.sentence]
    assert len(lost) >= ENOUGH
    assert {one.rule for one in lost} == {Rule.DURABLE}


@pytest.mark.timeout(300)
def test_a_synchronous_standby_loses_nothing() -> None:
    failover = sell_through_a_failover(is_synchronous=True)

    assert failover.in_flight > CLIENTS / 2
    assert failover.violations == []
