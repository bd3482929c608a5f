"""Group commit: the requests for one event that wait while a transaction commits are granted together in the next.

There is no timer. A request that finds the lane idle sets it off; while its transaction runs, others gather, and the
next takes all of them. Several lanes for one event, in several processes, are slower, never wrong: the database
decides.

After "group commit" in Gray and Reuter, Transaction Processing (1992), section 9.4, moved from the log to the
application.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from typing import Any

import psycopg

from fairgate.lib import logs, traces
from fairgate.lib.metrics.names import LANE_BATCH, LANE_BUSY, LANE_SECONDS
from fairgate.lib.retries import Retries
from fairgate.lib.traces import Span
from fairgate.services.stock import figures
from fairgate.services.stock import waiting as waits
from fairgate.services.stock.waiting import Busy, InLoop, InThread, Waiting, tell
from fairgate.stock import engine
from fairgate.stock.engine import Answer, HoldRequest, Outcome

MAX_BATCH = 200
# So much work may stand before a request that comes: who would wait longer is told at once to come again.
MAX_WORK_S = 2.0
TRIES = 3

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]


class Lane:
    def __init__(
        self, event: int, connect: Connect, threads: Executor | None = None, retries: Retries | None = None
    ) -> None:
        self._event = event
        self._connect = connect
        self._threads = threads or ThreadPoolExecutor(1, "lane")
        self._retries = retries or Retries()
        self._lock = threading.Lock()
        self._line: deque[Waiting] = deque()
        self._is_running = False
        # How long a transaction takes at the moment, for all who are in it together.
        self._batch_s = 0.0

    @property
    def line(self) -> int:
        return len(self._line)

    @property
    def is_running(self) -> bool:
        return self._is_running

    def hold(self, request: HoldRequest) -> Answer:
        """Sleep until the request has had its turn. Raises Busy."""
        waiting = InThread(request)
        self._enter(waiting)
        if not waiting.wait(waits.PATIENCE_S):
            if self._leave(waiting):
                figures.count_refused("late")
                raise Busy
            # It is in the transaction that runs now, or was woken at the last moment.
            if not waiting.wait(waits.PATIENCE_S) and waiting.leave():
                raise Busy
        waiting.wake_next()
        return waiting.result()

    async def ask(
        self, request: HoldRequest, waited_s: float = 0.0, request_id: str = "", span: Span | None = None
    ) -> Answer:
        """The same for a request of an event loop, which has waited elsewhere before. Raises Busy."""
        waiting = InLoop(request, waited_s, request_id, span)
        self._enter(waiting)
        timer = asyncio.get_running_loop().call_later(waits.PATIENCE_S - waited_s, self._lose_patience, waiting)
        await waiting.future
        timer.cancel()
        return waiting.result()

    def _lose_patience(self, waiting: InLoop) -> None:
        if self._leave(waiting):
            figures.count_refused("late")
            waiting.give_up()
        else:
            asyncio.get_running_loop().call_later(waits.PATIENCE_S, waiting.give_up)

    def _enter(self, waiting: Waiting) -> None:
        with self._lock:
            if len(self._line) // MAX_BATCH * self._batch_s > MAX_WORK_S:
                figures.count_refused("full")
                raise Busy
            self._line.append(waiting)
            starts = not self._is_running
            self._is_running = True
        if starts:
            self._threads.submit(self._run)

    def _leave(self, waiting: Waiting) -> bool:
        """False: it has been taken from the line, and what happens to it is not known yet."""
        with self._lock:
            if waiting not in self._line:
                return False
            self._line.remove(waiting)
            return True

    def _run(self) -> None:
        """Grant what has gathered; then the same again, after other lanes have had their turn."""
        with self._lock:
            batch, late = self._next_batch()
        began = time.monotonic()
        try:
            if batch:
                self._grant_watched(batch)
        except Exception as error:
            if not isinstance(error, Busy):
                logs.log.exception("hold_batch_failed", requests=len(batch))
            _refuse([waiting for waiting in batch if waiting.answer is None])
        finally:
            self._batch_s = time.monotonic() - began
            _count(batch, self._batch_s)
            with self._lock:
                goes_on = self._is_running = bool(self._line)
            tell([*batch, *late])
            if goes_on:
                self._threads.submit(self._run)

    def _grant_watched(self, batch: list[Waiting]) -> None:
        ids = [waiting.request_id for waiting in batch[: logs.MOST_IDS]]
        span = traces.shared(waiting.span for waiting in batch)
        try:
            with logs.watch("slow_batch", span, event_id=self._event, requests=len(batch), request_ids=ids):
                self._grant(batch)
        finally:
            if span is not None:
                span.end("hold batch", traces.INTERNAL, {"fairgate.requests": len(batch)})

    def _next_batch(self) -> tuple[list[Waiting], list[Waiting]]:
        """The head of the line, and who is too late; a key that comes twice waits for the next batch, as a repeat.

        Who is past its deadline has gone or is about to: it takes nothing. (A process that stood still finds everyone
        past it.)
        """
        now = time.monotonic()
        batch: list[Waiting] = []
        late: list[Waiting] = []
        again: list[Waiting] = []
        keys = set()
        while self._line and len(batch) < MAX_BATCH:
            waiting = self._line.popleft()
            if waiting.deadline < now:
                late.append(waiting)
            elif waiting.request.key in keys:
                again.append(waiting)
            else:
                keys.add(waiting.request.key)
                batch.append(waiting)
        self._line.extendleft(reversed(again))
        figures.count_refused("late", len(late))
        _refuse(late)
        return batch, late

    def _grant(self, batch: list[Waiting]) -> None:
        pending = batch
        for _try in self._retries.tries(TRIES):
            try:
                answers = self._transact([waiting.request for waiting in pending])
            except psycopg.OperationalError as error:
                # Lost, perhaps at COMMIT: what happened is unknown, and the keys make asking again safe.
                logs.log.warning("hold_batch_retried", requests=len(pending), error=type(error).__name__)
                continue
            except psycopg.Error as error:
                logs.log.error("hold_batch_failed", requests=len(pending), error=type(error).__name__)
                self._grant_singly(pending)
                return
            for waiting, answer in zip(pending, answers, strict=True):
                _answer(waiting, answer)
            pending = [waiting for waiting in pending if waiting.answer is None]
            if not pending:
                return
        _refuse(pending)

    def _grant_singly(self, batch: list[Waiting]) -> None:
        """One request that the database refuses must not fail its neighbors."""
        for waiting in batch:
            with suppress(psycopg.Error):
                _answer(waiting, *self._transact([waiting.request]))
            if waiting.answer is None:
                waiting.error = Busy()

    def _transact(self, requests: list[HoldRequest]) -> list[Answer]:
        with self._connect() as conn:
            return engine.hold_places(conn, self._event, requests)


def _answer(waiting: Waiting, answer: Answer) -> None:
    """Keep an answer, unless it only says to ask again: nobody but the lane may see that."""
    if answer.outcome != Outcome.AGAIN:
        waiting.answer = answer


def _count(batch: list[Waiting], took_s: float) -> None:
    """For all of them at once: to count each by itself would cost what a fifth of its answer costs."""
    if batch:
        LANE_BATCH.observe(len(batch))
        LANE_SECONDS.observe(took_s)
        LANE_BUSY.inc(took_s)
        figures.count(waiting.answer for waiting in batch if waiting.answer is not None)
        figures.count_refused("failed", sum(waiting.answer is None for waiting in batch))


def _refuse(refused: list[Waiting]) -> None:
    for waiting in refused:
        waiting.error = Busy()


class Lanes:
    """The seller of the stock service: one lane for each event that is asked for."""

    def __init__(self, connect: Connect, at_a_time: int = 8) -> None:
        self._connect = connect
        self._lanes: dict[int, Lane] = {}
        self._at_a_time = at_a_time
        self._threads = ThreadPoolExecutor(at_a_time, "lane")
        self._retries = Retries()
        figures.watch(self)

    def hold(self, request: HoldRequest) -> Answer:
        """Raises Busy."""
        return self._lane(request.event).hold(request)

    async def ask(self, request: HoldRequest, *more: Any) -> Answer:
        """Raises Busy."""
        return await self._lane(request.event).ask(request, *more)

    def look(self) -> figures.Look:
        """How long the lines are at the moment. What they do meanwhile is no harm: each is one number."""
        lanes = list(self._lanes.values())
        lines = [lane.line for lane in lanes]
        running = sum(lane.is_running for lane in lanes)
        return figures.Look(len(lanes), running, self._at_a_time, sum(lines), max(lines, default=0))

    def _lane(self, event: int) -> Lane:
        lane = self._lanes.get(event)
        return lane or self._lanes.setdefault(event, Lane(event, self._connect, self._threads, self._retries))
