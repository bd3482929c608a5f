"""Group commit: the requests for one event that wait while a transaction commits are granted together in the next.

There is no timer and no thread of its own. A request that finds the lane idle leads: it takes what has gathered, runs
one transaction for all, hands out the answers and passes the lead to the first who has come meanwhile. A lone request
pays nothing. Several lanes for one event, in several processes, are slower, never wrong: the database decides.

After "group commit" in Gray and Reuter, Transaction Processing (1992), section 9.4, moved from the log to the
application.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from itertools import pairwise
from typing import Any

import psycopg

from fairgate.lib import logs
from fairgate.stock import engine
from fairgate.stock.engine import Answer, HoldRequest, Outcome

MAX_BATCH = 200
# So much work may stand before a request that comes: who would wait longer is told at once to come again.
MAX_WORK_S = 2.0
PATIENCE_S = 5.0
TRIES = 3

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]


class Busy(Exception):
    """Too many wait, or the database does not answer. Whatever was taken, the same key may ask again."""


class Waiting:
    """One request in line. It is woken with an answer, with an error, or with neither: then it leads."""

    __slots__ = ("_gate", "answer", "deadline", "error", "has_left", "is_woken", "next", "request")

    def __init__(self, request: HoldRequest) -> None:
        self.request = request
        self.deadline = time.monotonic() + PATIENCE_S
        self.answer: Answer | None = None
        self.error: Exception | None = None
        self.is_woken = False
        self.has_left = False
        # Who was answered with it and is woken by it.
        self.next: Waiting | None = None
        # A bare lock, taken until it is woken: a threading.Event makes three objects and costs several times as much.
        self._gate = threading.Lock()
        self._gate.acquire()

    def wake(self) -> None:
        if not self.is_woken:
            self.is_woken = True
            with suppress(RuntimeError):  # Two may wake the next of one that leaves; once is enough.
                self._gate.release()
        if self.has_left:
            self.wake_next()

    def wake_next(self) -> None:
        """One wakes the other: woken all at once, they would only queue up for the interpreter, at twice the price."""
        if self.next is not None:
            self.next.wake()

    def wait(self, timeout_s: float) -> bool:
        return self._gate.acquire(timeout=max(timeout_s, 0))

    def leave(self) -> bool:
        """Stop waiting. False: it has just been woken."""
        self.has_left = True
        return not self._gate.acquire(blocking=False)


class Lane:
    def __init__(self, event: int, connect: Connect) -> None:
        self._event = event
        self._connect = connect
        self._lock = threading.Lock()
        self._line: deque[Waiting] = deque()
        self._is_led = False
        # How long a transaction takes at the moment, for all who are in it together.
        self._batch_s = 0.0

    def hold(self, request: HoldRequest) -> Answer:
        """Wait for the request's turn. Raises Busy."""
        waiting = Waiting(request)
        with self._lock:
            if len(self._line) // MAX_BATCH * self._batch_s > MAX_WORK_S:
                raise Busy
            self._line.append(waiting)
            leads = not self._is_led
            self._is_led = True
        if not leads:
            self._wait(waiting)
        if waiting.answer is None and waiting.error is None:
            self._lead()
        else:
            waiting.wake_next()
        if waiting.error is not None:
            raise waiting.error
        assert waiting.answer is not None
        return waiting.answer

    def _wait(self, waiting: Waiting) -> None:
        if waiting.wait(waiting.deadline - time.monotonic()):
            return
        with self._lock:
            if waiting in self._line and not waiting.is_woken:
                self._line.remove(waiting)
                raise Busy
        # It is in the transaction that runs now, or was woken at the last moment.
        if not waiting.wait(PATIENCE_S) and waiting.leave():
            raise Busy

    def _lead(self) -> None:
        """Grant what has gathered, this leader's own request first of all, then pass the lead on."""
        with self._lock:
            batch = self._next_batch()
        began = time.monotonic()
        try:
            self._grant(batch)
        except BaseException:
            _refuse([waiting for waiting in batch if waiting.answer is None], Busy())
            raise
        finally:
            self._batch_s = time.monotonic() - began
            with self._lock:
                if self._line:
                    self._line[0].wake()
                else:
                    self._is_led = False
            for waiting, following in pairwise(batch):
                waiting.next = following
            batch[0].wake_next()

    def _next_batch(self) -> list[Waiting]:
        """The head of the line; a key that comes twice waits for the next batch, where it is a repeat.

        Who is past its deadline has gone or is about to: it takes nothing. (A process that stood still finds everyone
        past it.) Its leader alone asks on, since somebody has to.
        """
        now = time.monotonic()
        batch: list[Waiting] = []
        later: list[Waiting] = []
        keys = set()
        while self._line and len(batch) < MAX_BATCH:
            waiting = self._line.popleft()
            if batch and waiting.deadline < now:
                waiting.error = Busy()
                waiting.wake()
            elif waiting.request.key in keys:
                later.append(waiting)
            else:
                keys.add(waiting.request.key)
                batch.append(waiting)
        self._line.extendleft(reversed(later))
        return batch

    def _grant(self, batch: list[Waiting]) -> None:
        pending = batch
        for _try in range(TRIES):
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
        _refuse(pending, Busy())

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


def _refuse(batch: list[Waiting], error: Exception) -> None:
    for waiting in batch:
        waiting.error = error


class Lanes:
    """The seller of the stock service: one lane for each event that is asked for."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lanes: dict[int, Lane] = {}

    def hold(self, request: HoldRequest) -> Answer:
        lane = self._lanes.get(request.event) or self._lanes.setdefault(
            request.event, Lane(request.event, self._connect)
        )
        return lane.hold(request)
